// What the server is told of how far this page is.

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

function start(t, { read = 5, end = 9 } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  const socket = new FakeSocket();
  const timeline = { cursor: "c1", end };
  const receipts = new Receipts({ socket, timeline, read });
  receipts.connect();
  return { socket, timeline, receipts };
}

const changes = (count) => ({ type: "changes", messages: Array(count).fill({}) });
const acks = ({ sent }) => sent.filter(({ type }) => type === "ack").map(({ cursor }) => cursor);

test("what is received is acknowledged at once, then at most every two seconds", (t) => {
  const { socket, timeline } = start(t);
  socket.receive(changes(1));
  timeline.cursor = "c2";
  socket.receive(changes(1));
  assert.deepEqual(acks(socket), ["c1"]);
  t.mock.timers.tick(2_000);
  assert.deepEqual(acks(socket), ["c1", "c2"]);
});

test("half of the window does not wait, even in a script of three bytes a character", (t) => {
  const { socket } = start(t);
  socket.receive({ type: "hello", limits: { window: 60_000 } });
  socket.receive(changes(1));
  socket.receive(changes(1), 9_900);
  assert.equal(acks(socket).length, 1);
  socket.receive(changes(1), 100);
  assert.equal(acks(socket).length, 2);
});

test("a server that does not tell its window has one of half a megabyte", (t) => {
  const { socket } = start(t);
  socket.receive({ type: "hello", limits: {} });
  socket.receive(changes(1));
  socket.receive(changes(1), 87_000);
  assert.equal(acks(socket).length, 1);
  socket.receive(changes(1), 400);
  assert.equal(acks(socket).length, 2);
});

test("coming and going is acknowledged too", (t) => {
  const { socket } = start(t);
  socket.receive({ type: "people" });
  assert.equal(acks(socket).length, 1);
});

test("reading is told at once, then once a second, and only forwards", (t) => {
  const { socket, receipts } = start(t);
  [4, 6, 8, 7].forEach((seq) => receipts.seen(seq));
  assert.deepEqual(socket.sent, [{ type: "read", seq: 6 }]);
  t.mock.timers.tick(1_000);
  assert.deepEqual(socket.sent.slice(1), [{ type: "read", seq: 8 }]);
});

test("what is seen counts as read where nothing before it was left out", (t) => {
  const { socket, receipts } = start(t);
  receipts.sawFrom(7, 9);
  assert.deepEqual(socket.sent, []);
  receipts.sawFrom(4, 6);
  assert.deepEqual(socket.sent, [{ type: "read", seq: 6 }]);
});

test("what is new is what came after the last message seen, and nothing for somebody who has just come", (t) => {
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

test("what is to stay unread is not reported as read until the person comes back to it", (t) => {
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

test("who writes has read what was there", (t) => {
  const { socket, receipts } = start(t);
  receipts.hold(3);
  socket.receive({ type: "ok", ref: "1", seq: 4, rev: 20 });
  receipts.seen(9);
  assert.deepEqual(socket.sent, []);
  socket.receive({ type: "ok", ref: "2", client_id: "2", seq: 10, rev: 21 });
  receipts.seen(11);
  assert.deepEqual(socket.sent, [{ type: "read", seq: 11 }]);
});
