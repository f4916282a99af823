// The window of messages on a page: its ends, the pages that join it, and the messages that it drops.

import assert from "node:assert/strict";
import { test } from "node:test";
import { rangeAround } from "../../chat/static/chat/js/helpers/window.js";
import { MAX_MESSAGES } from "../../chat/static/chat/js/models/message_window.js";
import { Timeline } from "../../chat/static/chat/js/models/timeline.js";

const message = (seq, rev = seq) => ({ seq, rev, client_id: `id-${seq}`, author: { id: 1 } });
const range = (first, last) => Array.from({ length: last - first + 1 }, (_, index) => message(first + index));
const seqs = (timeline) => timeline.all().map(({ seq }) => seq);
const span = (timeline) => [timeline.oldest, timeline.newest, seqs(timeline).length];

function timelineOf(messages, { newest = messages.at(-1).seq, more = messages[0].seq > 1 } = {}) {
  return new Timeline({ messages, cursor: "c0", more, newest });
}

function eventsOf(timeline, type) {
  const told = [];
  timeline.addEventListener(type, ({ detail }) => told.push(detail));
  return told;
}

test("new messages beyond the window are counted, not stored", () => {
  const timeline = timelineOf(range(1, 5), { newest: 8 });
  const told = eventsOf(timeline, "changed");
  timeline.apply({ cursor: "c1", messages: [message(9)] });
  assert.deepEqual([span(timeline), timeline.end, timeline.reachesEnd], [[1, 5, 5], 9, false]);
  assert.deepEqual(told, [{ messages: [], dropped: [] }]);
  assert.deepEqual([timeline.isPast(9), timeline.cursor], [true, "c1"]);
});

test("a new message joins a window that reaches the end", () => {
  const timeline = timelineOf(range(1, 5));
  timeline.apply({ cursor: "c1", messages: [message(6), message(7)] });
  assert.deepEqual([span(timeline), timeline.isPast(8)], [[1, 7, 7], false]);
});

test("pages extend the window at both ends up to the ends of the room", () => {
  const timeline = timelineOf(range(10, 15), { newest: 20 });
  timeline.append({ messages: range(16, 18), more: true, newest: 20 });
  assert.equal(timeline.reachesEnd, false);
  timeline.append({ messages: range(19, 20), more: false, newest: 20 });
  timeline.prepend({ messages: range(1, 9), more: false, newest: 20 });
  assert.deepEqual([span(timeline), timeline.more, timeline.reachesEnd], [[1, 20, 20], false, true]);
});

test("an empty newer page means that the window reaches the end", () => {
  const timeline = timelineOf(range(1, 5), { newest: 8 });
  timeline.append({ messages: [], more: false, newest: 8 });
  assert.equal(timeline.reachesEnd, true);
});

test("a page does not undo changes that arrive while it loads", () => {
  for (const extend of ["prepend", "append"]) {
    const timeline = timelineOf(range(10, 15), { newest: 20 });
    const seq = extend === "prepend" ? 9 : 16;
    timeline.beginLoad();
    timeline.apply({ cursor: "c1", messages: [message(seq, 99), message(3, 100)] });
    timeline[extend]({ messages: [message(seq)], more: true, newest: 20 });
    assert.equal(timeline.get(seq).rev, 99);
    assert.equal(timeline.get(3), undefined);
  }
});

test("a message posted while the last page loads follows it", () => {
  const timeline = timelineOf(range(1, 5), { newest: 8 });
  timeline.beginLoad();
  timeline.apply({ cursor: "c1", messages: [message(9)] });
  timeline.append({ messages: range(6, 8), more: false, newest: 8 });
  assert.deepEqual([span(timeline), timeline.reachesEnd], [[1, 9, 9], true]);
});

test("an adjoining page extends the window, another one replaces it", () => {
  const timeline = timelineOf(range(50, 60), { newest: 90 });
  const replaced = eventsOf(timeline, "replaced");
  timeline.replace({ messages: range(30, 49), more: false, newest: 90 }, 40);
  timeline.replace({ messages: range(55, 65), more: true, newest: 90 }, 60);
  assert.deepEqual([span(timeline), timeline.more, replaced.length], [[30, 65, 36], false, 0]);
  timeline.replace({ messages: range(80, 90), more: true, newest: 90 }, 85);
  assert.deepEqual([span(timeline), replaced.length], [[80, 90, 11], 1]);
  assert.deepEqual([timeline.more, timeline.reachesEnd, timeline.cursor], [true, true, "c0"]);
});

test("a window that grows at one end drops messages at the other", () => {
  const up = timelineOf(range(401, 400 + MAX_MESSAGES));
  const told = eventsOf(up, "changed");
  up.prepend({ messages: range(351, 400), more: true, newest: 700 });
  assert.deepEqual([up.oldest, up.reachesEnd, up.more], [351, false, true]);
  assert.equal(seqs(up).length, 240);
  assert.deepEqual([told[0].dropped[0], told[0].dropped.at(-1)], [591, 700]);
  const down = timelineOf(range(1, MAX_MESSAGES), { newest: 900 });
  down.append({ messages: range(301, 350), more: true, newest: 900 });
  assert.deepEqual([down.newest, down.more, seqs(down).length], [350, true, 240]);
});

test("new messages drop those farthest from the message being read", () => {
  for (const [place, oldest, newest] of [[null, 161, 400], [10, 1, 240], [200, 80, 319]]) {
    const timeline = timelineOf(range(1, 300));
    timeline.anchorSeq = place;
    timeline.apply({ cursor: "c1", messages: range(301, 400) });
    assert.deepEqual(span(timeline), [oldest, newest, 240]);
    assert.equal(timeline.end, 400);
  }
});

test("messages that were never stored are not announced as dropped or new", () => {
  const timeline = timelineOf(range(1, 300));
  const told = eventsOf(timeline, "changed");
  timeline.apply({ cursor: "c1", messages: range(301, 1300) });
  assert.deepEqual(told[0].messages.map(({ seq }) => seq), range(1061, 1300).map(({ seq }) => seq));
  assert.deepEqual(told[0].dropped, range(1, 300).map(({ seq }) => seq));
});

test("between a reset and its page the cursor stays and nothing is stored", () => {
  const timeline = timelineOf([message(1, 900), message(2, 901)]);
  const told = eventsOf(timeline, "changed");
  timeline.reset("c9");
  timeline.beginLoad();
  timeline.apply({ cursor: "too early", messages: [message(4, 4)] });
  assert.deepEqual([timeline.cursor, timeline.isVoid, told], ["c0", true, []]);
  timeline.replace({ messages: [message(3)], more: true, newest: 3 }, Infinity);
  assert.deepEqual([seqs(timeline), timeline.cursor, timeline.isVoid], [[3, 4], "c9", false]);
});

test("a range is centred as far as the ends allow", () => {
  const all = [10, 20, 30, 40, 50, 60];
  assert.deepEqual(rangeAround(all, 30, 3), [1, 4]);
  assert.deepEqual(rangeAround(all, 0, 3), [0, 3]);
  assert.deepEqual(rangeAround(all, Infinity, 3), [3, 6]);
  assert.deepEqual(rangeAround(all, 35, 9), [0, 6]);
});
