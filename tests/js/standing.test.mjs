// What the status of the user in a room lets them do.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeSocket } from "./fakes.mjs";
import { blockedIn, isMember, onlyReacts, Standing } from "../../chat/static/chat/js/controllers/standing.js";

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

// A page whose elements are made when they are asked for, by selector.
function startPage(page) {
  const elements = {};
  const element = () => Object.assign(new EventTarget(), { toggleAttribute() {}, focus() {}, querySelector: find });
  const find = (selector) => (elements[selector] ??= element());
  const root = Object.assign(new EventTarget(), { querySelector: find, querySelectorAll: () => [] });
  const socket = Object.assign(new FakeSocket(), { state: { name: "open" } });
  const unblocked = [];
  const card = { unblock: (person) => unblocked.push(person) };
  new Standing(root, { page, socket, notices: { say() {} }, card }).connect();
  return { find, socket, unblocked, receive: (standing) => socket.receive({ type: "standing", standing }) };
}

test("moderators see the number of requests to join while there are any", () => {
  const role = "moderator";
  const { find, receive } = startPage({ standing: { role, archived: false } });
  assert.equal(find("[data-requests]").hidden, true);
  receive({ role, archived: false, requests: 2 });
  assert.deepEqual([find("[data-requests]").hidden, find("[data-requests-count]").textContent], [false, 2]);
  receive({ role, archived: false });
  assert.equal(find("[data-requests]").hidden, true);
});

test("the button beside the reason unblocks the other", () => {
  const bob = { id: 2 };
  const page = { people: [bob], blocked: [], standing: { role: "member", archived: false } };
  assert.equal(startPage(page).find("[data-unblock-here]").hidden, true);
  const { find, unblocked } = startPage({ ...page, blocked: [2] });
  assert.equal(find("[data-unblock-here]").hidden, false);
  find("button").dispatchEvent(new Event("click"));
  assert.deepEqual(unblocked, [bob]);
});
