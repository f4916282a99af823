// The outbox and its sender: in order, kept until stored, and never twice.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Outbox } from "../../chat/static/chat/js/models/outbox.js";
import { Sender } from "../../chat/static/chat/js/models/sender.js";
import { Timeline } from "../../chat/static/chat/js/models/timeline.js";
import { keysUnder, remove } from "../../chat/static/chat/js/helpers/storage.js";
import { FakeSocket } from "./fakes.mjs";

const NOTHING_STORED = () => false;

function start({ isOpen = true, isStored = NOTHING_STORED } = {}) {
  const socket = new FakeSocket();
  const outbox = new Outbox({ personId: 1, slug: "lobby" });
  const timeline = new Timeline({ messages: [], cursor: "c0", more: false });
  socket.isOpen = isOpen;
  new Sender({ outbox, socket, timeline }).connect();
  outbox.connect(isStored);
  return { socket, outbox, timeline };
}

const bodies = (socket) => socket.sent.map(({ body }) => body);
const accept = (socket, ref, seq = 1) => socket.receive({ type: "ok", ref, client_id: ref, seq, rev: seq });

beforeEach(() => keysUnder("chat.").forEach(remove));

test("one message is sent at a time, the next when it is stored", () => {
  const { socket, outbox } = start();
  outbox.add("one");
  outbox.add("two");
  assert.deepEqual(bodies(socket), ["one"]);
  accept(socket, socket.sent[0].ref);
  assert.deepEqual(bodies(socket), ["one", "two"]);
});

test("the unanswered message is sent again with the same id after a reconnect", () => {
  const { socket, outbox } = start();
  outbox.add("one");
  socket.receive({ type: "hello" });
  assert.deepEqual(bodies(socket), ["one", "one"]);
  assert.equal(socket.sent[0].client_id, socket.sent[1].client_id);
});

test("messages written offline are sent in order after the connect", () => {
  const { socket, outbox } = start({ isOpen: false });
  outbox.add("one");
  outbox.add("two");
  socket.isOpen = true;
  socket.receive({ type: "hello" });
  accept(socket, socket.sent[0].ref);
  assert.deepEqual(bodies(socket), ["one", "two"]);
});

test("a later page restores unstored messages in order", () => {
  const before = start({ isOpen: false });
  before.outbox.add("one");
  before.outbox.add("two");
  const { outbox } = start({ isOpen: false });
  assert.deepEqual(outbox.entries.map(({ body }) => body), ["one", "two"]);
});

test("a later page does not restore received or answered messages", () => {
  const before = start();
  before.outbox.add("answered");
  accept(before.socket, before.socket.sent[0].ref);
  before.outbox.add("arrived");
  const arrived = before.outbox.next.client_id;
  const { outbox } = start({ isStored: (clientId) => clientId === arrived });
  assert.deepEqual(outbox.entries, []);
});

test("an answered entry stays until its message arrives, unless that is outside the window", () => {
  const { socket, outbox, timeline } = start();
  outbox.add("one");
  const [{ ref }] = socket.sent;
  accept(socket, ref);
  assert.equal(outbox.get(ref).state, "sent");
  outbox.add("two");
  timeline.apply({ cursor: "c2", messages: [{ seq: 2, rev: 2 }] });
  accept(socket, socket.sent[1].ref, 2);
  assert.equal(outbox.get(socket.sent[1].ref), undefined);
});

test("a rate-limited message is sent again after the delay, before the next", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { socket, outbox } = start();
  outbox.add("one");
  outbox.add("two");
  socket.receive({ type: "error", ref: socket.sent[0].ref, code: "rate_limited", detail: "", retry_after: 2 });
  outbox.add("three");
  t.mock.timers.tick(1999);
  assert.deepEqual(bodies(socket), ["one"]);
  t.mock.timers.tick(1);
  assert.deepEqual(bodies(socket), ["one", "one"]);
});

test("a refused message waits for its author, and the next one is sent", () => {
  const { socket, outbox } = start();
  outbox.add("one");
  outbox.add("two");
  const [{ ref }] = socket.sent;
  socket.receive({ type: "error", ref, code: "muted", detail: "You are muted." });
  assert.equal(outbox.get(ref).detail, "You are muted.");
  assert.deepEqual(bodies(socket), ["one", "two"]);
  accept(socket, socket.sent[1].ref);
  outbox.retry(ref);
  assert.deepEqual(bodies(socket), ["one", "two", "one"]);
});

test("a message waits for the next sign-in", () => {
  const { socket, outbox } = start();
  outbox.add("one");
  const [{ ref }] = socket.sent;
  socket.receive({ type: "error", ref, code: "signed_out", detail: "" });
  assert.equal(outbox.get(ref).state, "waiting");
});

test("an entry removed in another tab is removed here too", () => {
  const { outbox } = start({ isOpen: false });
  outbox.add("one");
  outbox.removedElsewhere(`chat.outbox.1.lobby.${outbox.next.client_id}`);
  assert.deepEqual(outbox.entries, []);
});

test("a reply keeps its original after a reload", () => {
  const before = start({ isOpen: false });
  before.outbox.add("yes", { seq: 7, author: "ada", text: "Is it?" });
  before.outbox.add("and more");
  const { socket, outbox } = start();
  accept(socket, socket.sent[0].ref);
  assert.deepEqual(socket.sent.map(({ reply_to: replyTo }) => replyTo), [7, undefined]);
  assert.equal(outbox.get(socket.sent[0].ref).reply.author, "ada");
});

test("without a connection ever again, each message says that it was not sent", () => {
  const { socket, outbox } = start();
  outbox.add("one");
  outbox.add("two");
  socket.end("You no longer have access.");
  outbox.add("three");
  assert.deepEqual(outbox.entries.map(({ state, detail }) => [state, detail]), [
    ["failed", "You no longer have access."],
    ["failed", "You no longer have access."],
    ["failed", "You no longer have access."],
  ]);
});

test("a message that waits for the connection is sent once", () => {
  const { socket, outbox } = start({ isOpen: false });
  outbox.add("one");
  socket.open();
  assert.deepEqual(bodies(socket), ["one"]);
});
