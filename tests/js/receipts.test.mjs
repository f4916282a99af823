// Acknowledgements and read positions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Receipts } from "../../chat/static/chat/js/models/receipts.js";

class FakeSocket extends EventTarget {
  sent = [];

  send(frame) {
    this.sent.push(frame);
    return true;
  }

  receive(frame, size = 100) {
    this.dispatchEvent(Object.assign(new CustomEvent(frame.type, { detail: frame }), { size }));
  }
}

function start(t, { read = 5, end = 9, isMember } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  const socket = new FakeSocket();
  const timeline = { cursor: "c1", end };
  const receipts = new Receipts({ socket, timeline, read, isMember });
  receipts.connect();
  return { socket, timeline, receipts };
}

const changes = (count) => ({ type: "changes", messages: Array(count).fill({}) });
const acks = ({ sent }) => sent.filter(({ type }) => type === "ack").map(({ cursor }) => cursor);

test("received frames are acknowledged at once, then at most every two seconds", (t) => {
  const { socket, timeline } = start(t);
  socket.receive(changes(1));
  timeline.cursor = "c2";
  socket.receive(changes(1));
  assert.deepEqual(acks(socket), ["c1"]);
  t.mock.timers.tick(2_000);
  assert.deepEqual(acks(socket), ["c1", "c2"]);
});

test("half of the window is acknowledged at once, even with three bytes per character", (t) => {
  const { socket } = start(t);
  socket.receive({ type: "hello", limits: { window: 60_000 } });
  socket.receive(changes(1));
  socket.receive(changes(1), 9_900);
  assert.equal(acks(socket).length, 1);
  socket.receive(changes(1), 100);
  assert.equal(acks(socket).length, 2);
});

test("without an announced window the client assumes half a megabyte", (t) => {
  const { socket } = start(t);
  socket.receive({ type: "hello", limits: {} });
  socket.receive(changes(1));
  socket.receive(changes(1), 87_000);
  assert.equal(acks(socket).length, 1);
  socket.receive(changes(1), 400);
  assert.equal(acks(socket).length, 2);
});

test("people frames are acknowledged too", (t) => {
  const { socket } = start(t);
  socket.receive({ type: "people" });
  assert.equal(acks(socket).length, 1);
});

test("the read position is sent at once, then once a second, and only forward", (t) => {
  const { socket, receipts } = start(t);
  [4, 6, 8, 7].forEach((seq) => receipts.seen(seq));
  assert.deepEqual(socket.sent, [{ type: "read", seq: 6 }]);
  t.mock.timers.tick(1_000);
  assert.deepEqual(socket.sent.slice(1), [{ type: "read", seq: 8 }]);
});

test("seen messages count as read if no message before them was skipped", (t) => {
  const { socket, receipts } = start(t);
  receipts.sawFrom(7, 9);
  assert.deepEqual(socket.sent, []);
  receipts.sawFrom(4, 6);
  assert.deepEqual(socket.sent, [{ type: "read", seq: 6 }]);
});

test("messages after the last seen one are new, but none for a newcomer", (t) => {
  const { receipts } = start(t);
  assert.equal(receipts.unseen, 4);
  receipts.seen(8);
  assert.equal(receipts.unseen, 1);
  t.mock.timers.reset();
  const newcomer = start(t, { read: 0 });
  assert.equal(newcomer.receipts.unseen, 0);
  newcomer.timeline.end = 12;
  assert.equal(newcomer.receipts.unseen, 3);
});

test("messages held unread are not reported as read until they are released", (t) => {
  const { socket, receipts } = start(t, { read: 9 });
  const held = [];
  receipts.addEventListener("held", ({ detail }) => held.push(detail.seq));
  receipts.hold(7);
  receipts.seen(9);
  socket.receive({ type: "hello" });
  assert.deepEqual([socket.sent, held, receipts.unseen], [[], [7], 3]);
  receipts.release();
  receipts.seen(9);
  assert.deepEqual(socket.sent, [{ type: "read", seq: 9 }]);
});

test("posting marks earlier messages as read", (t) => {
  const { socket, receipts } = start(t);
  receipts.hold(3);
  socket.receive({ type: "ok", ref: "1", seq: 4, rev: 20 });
  socket.receive({ type: "ok", ref: "1", client_id: "1" }); // a command of a bot
  receipts.seen(9);
  assert.deepEqual(socket.sent, []);
  socket.receive({ type: "ok", ref: "2", client_id: "2", seq: 10, rev: 21 });
  receipts.seen(11);
  assert.deepEqual(socket.sent, [{ type: "read", seq: 11 }]);
});

test("a position that another window moved is taken over and not sent", (t) => {
  const { socket, receipts } = start(t);
  const read = [];
  receipts.addEventListener("readElsewhere", ({ detail }) => read.push(detail.seq));
  receipts.hold(3);
  socket.receive({ type: "rooms", unread: {}, read: 7 });
  socket.receive({ type: "rooms", unread: {}, read: 6 });
  assert.equal(receipts.unseen, 2);
  socket.receive({ type: "hello", read: 8 });
  receipts.seen(8);
  assert.deepEqual([read, socket.sent.filter(({ type }) => type === "read")], [[7, 8], []]);
});

test("messages marked as unread in another window stay unread here", (t) => {
  const { socket, receipts } = start(t, { read: 9 });
  socket.receive({ type: "rooms", unread: {}, unread_from: 7 });
  receipts.seen(9);
  assert.equal(receipts.unseen, 3);
  assert.deepEqual(socket.sent.filter(({ type }) => type === "read"), []);
});

test("nine megabytes of large frames are acknowledged before the window is full, each byte once", (t) => {
  const { socket, timeline } = start(t);
  socket.receive({ type: "hello", limits: { window: 524_288 } });
  const [frames, size] = [46, 200 * 1024];
  let unacknowledged = 0;
  let largest = 0;
  for (let number = 1; number <= frames; number += 1) {
    timeline.cursor = `c${number}`;
    const before = acks(socket).length;
    socket.receive(changes(25), size);
    unacknowledged = acks(socket).length > before ? 0 : unacknowledged + size;
    largest = Math.max(largest, unacknowledged);
  }
  assert.ok(largest < 524_288 / 2, `${largest} bytes`);
  assert.ok(acks(socket).length <= frames);
  assert.equal(acks(socket).at(-1), "c46");
});

test("someone who has not joined reports nothing as read, and what they saw once they have", (t) => {
  let isMember = false;
  const { socket, receipts } = start(t, { read: 0, isMember: () => isMember });
  const reads = () => socket.sent.filter(({ type }) => type === "read");
  receipts.seen(9);
  t.mock.timers.tick(2_000);
  socket.receive({ type: "hello", read: 0 });
  assert.deepEqual(reads(), []);
  isMember = true;
  socket.receive({ type: "standing", standing: { member: true } });
  assert.deepEqual(reads(), [{ type: "read", seq: 9 }]);
});
