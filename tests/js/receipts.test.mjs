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

  receive(frame) {
    this.dispatchEvent(new CustomEvent(frame.type, { detail: frame }));
  }
}

function start(t) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  const socket = new FakeSocket();
  const timeline = { cursor: "c1" };
  const receipts = new Receipts({ socket, timeline, read: 5 });
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

test("fifty messages do not wait", (t) => {
  const { socket } = start(t);
  socket.receive(changes(1));
  socket.receive(changes(49));
  assert.equal(acks(socket).length, 1);
  socket.receive(changes(1));
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
