// The message model: for any messages in any order, it holds the newest revision of each once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Timeline } from "../../chat/static/chat/js/models/timeline.js";

const message = (seq, rev = seq, more = {}) => ({ seq, rev, client_id: `id-${seq}`, author: { id: 1 }, ...more });
const timelineOf = (messages, more = false) => new Timeline({ messages, cursor: "c0", more });
const places = (timeline) => timeline.all().map(({ seq, rev }) => [seq, rev]);

function changesIn(timeline) {
  const seen = [];
  timeline.addEventListener("changed", ({ detail }) => seen.push(detail.messages.map(({ seq }) => seq)));
  return seen;
}

test("messages are sorted by seq for any order of arrival", () => {
  const timeline = timelineOf([message(1)]);
  timeline.apply({ cursor: "c1", messages: [message(3), message(2)] });
  assert.deepEqual(places(timeline), [[1, 1], [2, 2], [3, 3]]);
  assert.equal(timeline.cursor, "c1");
});

test("a repeated message is not a change", () => {
  const timeline = timelineOf([message(1)]);
  const seen = changesIn(timeline);
  timeline.apply({ cursor: "c1", messages: [message(1)] });
  assert.deepEqual(seen, []);
});

test("an older revision never replaces a newer one", () => {
  const timeline = timelineOf([message(1, 5)]);
  timeline.apply({ cursor: "c1", messages: [message(1, 4)] });
  assert.deepEqual(places(timeline), [[1, 5]]);
  timeline.apply({ cursor: "c2", messages: [message(1, 6)] });
  assert.deepEqual(places(timeline), [[1, 6]]);
});

test("changes to messages older than the window are ignored", () => {
  const timeline = timelineOf([message(10)], true);
  const seen = changesIn(timeline);
  timeline.apply({ cursor: "c1", messages: [message(3, 11)] });
  assert.deepEqual(seen, []);
  assert.equal(timeline.cursor, "c1");
  assert.equal(timeline.isPast(3), true);
});

test("every message in an empty room is new", () => {
  const timeline = timelineOf([]);
  timeline.apply({ cursor: "c1", messages: [message(1)] });
  assert.deepEqual(places(timeline), [[1, 1]]);
});

test("a message is identified by its author and client id together", () => {
  const timeline = timelineOf([message(1)]);
  assert.equal(timeline.postedAs("id-1", 1), true);
  assert.equal(timeline.postedAs("id-1", 2), false);
});
