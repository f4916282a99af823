// What the status of the user in a room lets them do.

import assert from "node:assert/strict";
import { test } from "node:test";
import { blockedIn, isMember, onlyReacts } from "../../chat/static/chat/js/controllers/standing.js";

const status = (changes) => ({ member: true, posting: false, archived: false, muted_until: null, ...changes });

test("a member of a room in which others post can react", () => {
  assert.equal(onlyReacts(status({})), true);
});

test("no one reacts in an archived room, while muted, or before joining", () => {
  for (const changes of [{ archived: true }, { muted_until: "9999-01-01T00:00:00Z" }, { member: false }]) {
    assert.equal(onlyReacts(status(changes)), false);
  }
});

test("an older server says nothing about members and posting", () => {
  assert.equal(onlyReacts({ archived: false, muted_until: null }), false);
  assert.equal(isMember({}), true);
});

test("someone whom the user blocked can be unblocked in a conversation of two, unless they have left", () => {
  const [bob, carol] = [{ id: 2 }, { id: 3 }];
  const page = (people, blocked, archived = false) => ({ people, blocked, standing: { archived } });
  assert.equal(blockedIn(page([bob], [2])), bob);
  for (const other of [page([bob], [3]), page([bob, carol], [2]), page([bob], [2], true), { standing: {} }]) {
    assert.equal(blockedIn(other), null);
  }
});
