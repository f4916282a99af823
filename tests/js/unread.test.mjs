// Unread counts by room.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Unread } from "../../chat/static/chat/js/models/unread.js";

function unreadOf(...rooms) {
  const unread = new Unread(rooms);
  const arrived = [];
  unread.addEventListener("arrived", ({ detail }) => arrived.push(detail));
  return { unread, arrived };
}

test("the total counts each room by its level", () => {
  const { unread } = unreadOf(
    { slug: "all", level: "all", unread: 3 },
    { slug: "mentions", level: "mentions", unread: 7 },
    { slug: "nothing", level: "nothing", unread: 9 },
  );
  assert.equal(unread.count, 3);
  assert.equal(unread.isMentioned, false);
  unread.update({ mentions: { unread: 8, mentions: 2 }, nothing: { unread: 10, mentions: 1 } });
  assert.equal(unread.count, 5);
  assert.equal(unread.isMentioned, true);
});

test("only additional messages are announced", () => {
  const { unread, arrived } = unreadOf({ slug: "ops", level: "all", unread: 3 });
  unread.update({ ops: { unread: 3, mentions: 1 } });
  assert.deepEqual(arrived, []);
  unread.update({ ops: { unread: 5, mentions: 1 } });
  unread.update({ ops: { unread: 0, mentions: 0 } });
  assert.deepEqual(arrived, [{ slug: "ops", more: 2 }]);
});

test("counts of unknown rooms are ignored", () => {
  const { unread } = unreadOf();
  unread.update({ new: { unread: 1, mentions: 0 } });
  assert.equal(unread.count, 0);
  unread.add([{ slug: "new", level: "all", unread: 1 }]);
  assert.equal(unread.count, 1);
});

test("the current room counts while it is hidden", () => {
  const { unread } = unreadOf({ slug: "hall", level: "mentions", unread: 0 });
  unread.note("hall", [{ seq: 8, unread: 3, mentions: 0 }, { seq: 9, unread: 1, mentions: 1 }]);
  assert.equal(unread.count, 1);
  unread.setLevel("hall", "all");
  assert.equal(unread.count, 4);
  unread.clear("hall");
  assert.equal(unread.count, 0);
});

test("rooms missing from the complete counts are read, except the current room", () => {
  const { unread, arrived } = unreadOf(
    { slug: "hall", level: "all", unread: 0 },
    { slug: "ops", level: "all", unread: 3 },
    { slug: "lab", level: "all", unread: 0 },
  );
  unread.note("hall", [{ seq: 1, unread: 1, mentions: 0 }]);
  unread.replace({ lab: { unread: 2, mentions: 0 } }, "hall");
  assert.deepEqual(["hall", "ops", "lab"].map((slug) => unread.get(slug).unread), [1, 0, 2]);
  assert.deepEqual(arrived, [{ slug: "lab", more: 2 }]);
});

test("what was read elsewhere no longer counts", () => {
  const { unread } = unreadOf({ slug: "hall", level: "all", unread: 0 });
  unread.note("hall", [7, 8, 9].map((seq) => ({ seq, unread: 1, mentions: Number(seq === 8) })));
  unread.readTo("hall", 7);
  assert.deepEqual([unread.count, unread.isMentioned], [2, true]);
  unread.readTo("hall", 9);
  assert.deepEqual([unread.count, unread.isMentioned], [0, false]);
  unread.note("hall", [{ seq: 10, unread: 1, mentions: 0 }]);
  assert.equal(unread.count, 1);
});

test("mentions count together except in rooms with notifications off, and a room that was left counts nothing", () => {
  const { unread } = unreadOf({ slug: "ops", level: "all", unread: 0 }, { slug: "quiet", level: "nothing", unread: 0 });
  unread.update({ ops: { unread: 3, mentions: 2 }, quiet: { unread: 1, mentions: 1 } });
  assert.deepEqual([unread.mentions, unread.count], [2, 3]);
  unread.remove("ops");
  assert.deepEqual([unread.mentions, unread.count, unread.has("ops")], [0, 0, false]);
});

test("a level that is set again announces nothing", () => {
  const { unread } = unreadOf({ slug: "ops", level: "all", unread: 0 });
  let changes = 0;
  unread.addEventListener("changed", () => changes++);
  unread.setLevel("ops", "all");
  unread.setLevel("ops", "nothing");
  assert.equal(changes, 1);
});

test("each direct message counts as a mention for the title, but not for the list of mentions", () => {
  const { unread } = unreadOf(
    { slug: "d-1", level: "mentions", unread: 2, visibility: "direct" },
    { slug: "d-2", level: "nothing", unread: 9, visibility: "direct" },
    { slug: "ops", level: "all", unread: 1, visibility: "private" },
  );
  assert.deepEqual([unread.count, unread.mentions, unread.isMentioned], [3, 0, true]);
  unread.update({ "d-1": { unread: 3, mentions: 0 }, ops: { unread: 1, mentions: 1 } });
  assert.deepEqual([unread.count, unread.mentions], [4, 1]);
  unread.update({ "d-1": { unread: 0, mentions: 0 }, ops: { unread: 0, mentions: 0 } });
  assert.equal(unread.isMentioned, false);
});
