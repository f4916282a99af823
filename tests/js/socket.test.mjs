// The socket: it reconnects by itself at the cursor, after the right delay, and stops when refused.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Socket } from "../../chat/static/chat/js/models/socket.js";

class FakeWebSocket {
  static opened = [];
  sent = [];

  constructor(address, subprotocol) {
    Object.assign(this, { address, subprotocol });
    FakeWebSocket.opened.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.isClosed = true;
  }

  receive(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }
}

const HELLO = { type: "hello", heartbeat: 25 };
const last = () => FakeWebSocket.opened.at(-1);

function connect(cursor = { value: "c0" }, options = {}) {
  const socket = new Socket(() => `ws://chat/?after=${cursor.value}`, options);
  socket.connect();
  return socket;
}

beforeEach(() => {
  FakeWebSocket.opened = [];
  globalThis.WebSocket = FakeWebSocket;
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
});

afterEach(() => mock.timers.reset());

test("nothing is sent before the hello frame", () => {
  const socket = connect();
  assert.equal(socket.send({ type: "ping" }), false);
  last().receive(HELLO);
  assert.equal(socket.send({ type: "ping" }), true);
  assert.equal(last().subprotocol, "chat.v1");
});

test("a lost connection resumes at the current cursor", () => {
  const cursor = { value: "c0" };
  const socket = connect(cursor);
  last().receive(HELLO);
  last().onclose({ code: 1006 });
  cursor.value = "c7";
  assert.equal(socket.state.name, "waiting");
  mock.timers.tick(30_000);
  assert.equal(last().address, "ws://chat/?after=c7");
});

test("the delay of the server is used", () => {
  connect();
  last().receive(HELLO);
  last().receive({ type: "bye", reason: "draining", reconnect_after: 12 });
  last().onclose({ code: 4412 });
  mock.timers.tick(11_999);
  assert.equal(FakeWebSocket.opened.length, 1);
  mock.timers.tick(1);
  assert.equal(FakeWebSocket.opened.length, 2);
});

test("a connection closed for sign-in is tried once more", () => {
  const socket = connect();
  last().onclose({ code: 4401 });
  mock.timers.tick(30_000);
  assert.equal(FakeWebSocket.opened.length, 2);
  last().onclose({ code: 4401 });
  assert.deepEqual(socket.state, { name: "refused", code: 4401, detail: "" });
});

test("a connection that the server forbids stays closed, with the server's sentence", () => {
  const socket = connect();
  last().receive({ type: "error", code: "not_found", detail: "There is no such room." });
  last().onclose({ code: 4404 });
  mock.timers.tick(60_000);
  assert.deepEqual(socket.state, { name: "refused", code: 4404, detail: "There is no such room." });
  assert.equal(FakeWebSocket.opened.length, 1);
});

for (const [code, detail] of [[4403, "You no longer have access to this room."], [4404, "This room was deleted."]]) {
  test(`a connection that the server closes with ${code} says why, whatever was refused before`, () => {
    const socket = connect();
    last().receive(HELLO);
    last().receive({ type: "error", code: "bad_frame", detail: "Not this." });
    last().receive({ type: "bye", reason: "removed" });
    last().onclose({ code });
    assert.deepEqual([socket.state.detail, socket.isEnded], [detail, true]);
  });
}

for (const code of [1008, 4429]) {
  test(`flooding waits long after ${code}`, () => {
    connect();
    last().receive(HELLO);
    last().onclose({ code });
    mock.timers.tick(29_999);
    assert.equal(FakeWebSocket.opened.length, 1);
    mock.timers.tick(1);
    assert.equal(FakeWebSocket.opened.length, 2);
  });
}

test("a connection without an answer to a ping is dropped", () => {
  const socket = connect();
  last().receive(HELLO);
  mock.timers.tick(25_000);
  assert.deepEqual(last().sent, [{ type: "ping" }]);
  mock.timers.tick(10_000);
  assert.equal(socket.state.name, "waiting");
  assert.equal(FakeWebSocket.opened[0].isClosed, true);
});

test("a connection that answers stays open", () => {
  const socket = connect();
  last().receive(HELLO);
  mock.timers.tick(25_000);
  last().receive({ type: "pong", cursor: "c0" });
  mock.timers.tick(10_000);
  assert.equal(socket.state.name, "open");
});

test("a probe connects at once, or pings an open connection", () => {
  const socket = connect();
  mock.timers.tick(1_000);
  last().onclose({ code: 1006 });
  socket.probe();
  assert.equal(FakeWebSocket.opened.length, 2);
  last().receive(HELLO);
  socket.probe();
  assert.deepEqual(last().sent, [{ type: "ping" }]);
});

// Lose the connection and fail each attempt for this long. Return the longest delay before an attempt.
function outage(socket, ms) {
  let longest = 0;
  last().receive(HELLO);
  last().onclose({ code: 1006 });
  for (let at = 0; at < ms; at += 100) {
    mock.timers.tick(100);
    last().onclose?.({ code: 1006 });
    longest = Math.max(longest, socket.state.retryAt - Date.now());
  }
  return longest;
}

test("probes make at most one attempt a second", () => {
  const socket = connect(undefined, { isInView: () => false });
  outage(socket, 60_000);
  const before = FakeWebSocket.opened.length;
  for (let key = 0; key < 50; key += 1) {
    socket.probe();
    mock.timers.tick(100);
    last().onclose?.({ code: 1006 });
  }
  const attempts = FakeWebSocket.opened.length - before;
  assert.ok(attempts >= 4 && attempts <= 6, `${attempts} attempts in five seconds`);
});

for (const [where, longest] of [["in view", 4_500], ["in the background", 30_000]]) {
  test(`after a long outage a page ${where} waits at most ${longest} ms`, (t) => {
    t.mock.method(Math, "random", () => 1);
    const socket = connect(undefined, { isInView: () => where === "in view" });
    assert.equal(outage(socket, 60_000), longest);
    mock.timers.tick(longest);
    last().receive(HELLO);
    assert.equal(socket.state.name, "open");
  });
}

test("a probe gives up an attempt that hangs, and no other", () => {
  const socket = connect();
  mock.timers.tick(3_000);
  socket.probe();
  assert.equal(FakeWebSocket.opened.length, 1);
  mock.timers.tick(1);
  socket.probe();
  assert.equal(FakeWebSocket.opened.length, 2);
  assert.equal(FakeWebSocket.opened[0].isClosed, true);
});

test("a probe keeps a delay that the server asked for", () => {
  const socket = connect();
  last().receive({ type: "error", code: "unavailable", detail: "Busy.", retry_after: 5 });
  last().onclose({ code: 4412 });
  mock.timers.tick(4_999);
  socket.probe();
  assert.equal(FakeWebSocket.opened.length, 1);
  mock.timers.tick(1);
  assert.equal(FakeWebSocket.opened.length, 2);
});

test("a page that was signed out connects again when the user is back", () => {
  const socket = connect();
  last().onclose({ code: 4401 });
  mock.timers.tick(30_000);
  last().onclose({ code: 4401 });
  assert.deepEqual([socket.state.name, socket.isEnded], ["refused", false]);
  mock.timers.tick(60_000);
  assert.equal(FakeWebSocket.opened.length, 2);
  socket.probe();
  last().receive(HELLO);
  assert.equal(socket.state.name, "open");
});

test("a probe soon after a refusal or during the refused attempt is not lost", () => {
  const socket = connect();
  last().onclose({ code: 4401 });
  mock.timers.tick(30_000);
  socket.probe();
  mock.timers.tick(600);
  last().onclose({ code: 4401 });
  assert.equal(socket.state.name, "refused");
  mock.timers.tick(400);
  assert.equal(FakeWebSocket.opened.length, 3);
  last().onclose({ code: 4401 });
  mock.timers.tick(600);
  socket.probe();
  socket.probe();
  assert.equal(FakeWebSocket.opened.length, 3);
  mock.timers.tick(60_000);
  assert.equal(FakeWebSocket.opened.length, 4);
  last().receive(HELLO);
  assert.equal(socket.state.name, "open");
});

test("a page never goes on as another person", () => {
  const socket = connect(undefined, { personId: 7 });
  const frames = [];
  ["hello", "changes"].forEach((type) => socket.addEventListener(type, ({ type: it }) => frames.push(it)));
  last().receive({ ...HELLO, you: { id: 7, name: "ada" } });
  last().onclose({ code: 4401 });
  mock.timers.tick(30_000);
  last().receive({ ...HELLO, you: { id: 9, name: "bob" } });
  assert.equal(last().isClosed, true);
  assert.deepEqual([frames, socket.isOpen, socket.state.detail], [["hello"], false, "bob"]);
  mock.timers.tick(60_000);
  socket.probe();
  last().receive({ ...HELLO, you: { id: 7, name: "ada" } });
  assert.equal(socket.isOpen, true);
});

test("a disconnected socket does not reconnect", () => {
  const socket = connect();
  last().receive(HELLO);
  socket.disconnect();
  mock.timers.tick(60_000);
  assert.equal(FakeWebSocket.opened.length, 1);
});
