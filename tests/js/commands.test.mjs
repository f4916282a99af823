// Commands on messages: in order, answered once, and not lost with the connection.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Commands } from "../../chat/static/chat/js/models/commands.js";
import { FakeSocket } from "./fakes.mjs";

function start({ isOpen = true } = {}) {
  const socket = new FakeSocket();
  socket.isOpen = isOpen;
  const commands = new Commands(socket);
  commands.connect();
  return { socket, commands };
}

const accept = (socket) => socket.receive({ type: "ok", ref: socket.sent.at(-1).ref });
const refuse = (socket, fields) => socket.receive({ type: "error", ref: socket.sent.at(-1).ref, detail: "No.", ...fields });

test("each command sends its frame and resolves with the answer", async () => {
  const { socket, commands } = start();
  const asked = [commands.edit(7, "new", 3), commands.delete(7), commands.react(7, "👍", true), commands.markUnread(7), commands.bookmark(7, true)];
  for (const promise of asked) {
    accept(socket);
    assert.equal((await promise).type, "ok");
  }
  assert.deepEqual(
    socket.sent.map(({ ref, ...frame }) => frame),
    [
      { type: "edit", seq: 7, body: "new", if_rev: 3 },
      { type: "delete", seq: 7 },
      { type: "react", seq: 7, emoji: "👍", on: true },
      { type: "unread", seq: 7 },
      { type: "bookmark", seq: 7, on: true },
    ],
  );
});

test("commands are sent one at a time, in order", () => {
  const { socket, commands } = start();
  commands.react(7, "👍", true);
  commands.react(7, "👍", false);
  assert.equal(socket.sent.length, 1);
  accept(socket);
  assert.deepEqual(socket.sent.map(({ on }) => on), [true, false]);
});

test("a command waits while offline and is sent again with the same ref", async () => {
  const { socket, commands } = start({ isOpen: false });
  const asked = commands.delete(7);
  socket.isOpen = true;
  socket.receive({ type: "hello" });
  socket.receive({ type: "hello" });
  assert.equal(socket.sent.length, 2);
  assert.equal(socket.sent[0].ref, socket.sent[1].ref);
  accept(socket);
  await asked;
  socket.receive({ type: "hello" });
  assert.equal(socket.sent.length, 2);
});

test("a refusal has the server's sentence, and the next command is sent", async () => {
  const { socket, commands } = start();
  const refused = commands.edit(7, "x", 1);
  commands.delete(8);
  refuse(socket, { code: "conflict", detail: "It has changed." });
  await assert.rejects(refused, { code: "conflict", message: "It has changed." });
  assert.equal(socket.sent.at(-1).type, "delete");
});

test("a command that would have to wait for minutes fails, and the next one is sent", async () => {
  const { socket, commands } = start();
  const refused = commands.edit(7, "@room", 1);
  commands.delete(8);
  refuse(socket, { code: "rate_limited", retry_after: 299 });
  await assert.rejects(refused, { code: "rate_limited" });
  assert.equal(socket.sent.at(-1).type, "delete");
});

test("a rate-limited command is sent again after the delay", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { socket, commands } = start();
  const asked = commands.delete(7);
  refuse(socket, { code: "rate_limited", retry_after: 2 });
  t.mock.timers.tick(1999);
  assert.equal(socket.sent.length, 1);
  t.mock.timers.tick(1);
  assert.equal(socket.sent.length, 2);
  accept(socket);
  await asked;
});

test("a command waits for the next sign-in", () => {
  const { socket, commands } = start();
  commands.delete(7);
  refuse(socket, { code: "signed_out" });
  socket.receive({ type: "hello" });
  assert.equal(socket.sent.length, 2);
});

test("answers to other commands are ignored", async () => {
  const { socket, commands } = start();
  let isDone = false;
  const asked = commands.delete(7).then(() => (isDone = true));
  socket.receive({ type: "ok", ref: "another" });
  socket.receive({ type: "ok" });
  await Promise.resolve();
  assert.equal(isDone, false);
  accept(socket);
  await asked;
});

test("without a connection ever again, waiting and later commands are refused", async () => {
  const { socket, commands } = start();
  const waiting = [commands.react(7, "👍", true), commands.delete(7)];
  socket.end("You no longer have access.");
  for (const promise of [...waiting, commands.delete(8)]) {
    await assert.rejects(promise, { message: "You no longer have access.", code: "forbidden" });
  }
});

test("a command that waits for the connection is sent once", () => {
  const { socket, commands } = start({ isOpen: false });
  commands.delete(7);
  socket.open();
  assert.equal(socket.sent.length, 1);
});
