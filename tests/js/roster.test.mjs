// The people online, and those who are typing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Roster } from "../../chat/static/chat/js/models/roster.js";

const ada = { id: 1, name: "ada", guest: false };
const bob = { id: 2, name: "bob", guest: true };
const cyd = { id: 3, name: "cyd", guest: true };

const names = (people) => people.map(({ name }) => name);

test("people join as persons and leave by id, and each is listed once", () => {
  const roster = new Roster(ada.id);
  roster.start({ people: [cyd, ada], count: 2 });
  roster.change({ joined: [bob, ada], left: [], count: 3 });
  assert.deepEqual(names(roster.people), ["ada", "bob", "cyd"]);
  roster.change({ joined: [], left: [bob.id, 99], count: 2 });
  assert.deepEqual(names(roster.people), ["ada", "cyd"]);
  assert.equal(roster.count, 2);
});

test("people who leave stop typing, and the user is not shown as typing", () => {
  const roster = new Roster(ada.id);
  roster.start({ people: [ada, bob], count: 2 });
  roster.setTyping({ person: ada, on: true });
  roster.setTyping({ person: bob, on: true });
  assert.deepEqual(names(roster.typing), ["bob"]);
  roster.change({ joined: [], left: [bob.id], count: 1 });
  assert.deepEqual(roster.typing, []);
});
