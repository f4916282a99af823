// The messages that a page notifies about.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Alerts } from "../../chat/static/chat/js/models/alerts.js";
import { Unread } from "../../chat/static/chat/js/models/unread.js";

const ada = { id: 1, name: "ada" };
const bob = { id: 2, name: "bob" };
const realFetch = globalThis.fetch;

afterEach(() => (globalThis.fetch = realFetch));

const message = (seq, body = "hello", author = bob) => ({ seq, body, html: marked(body), author, deleted: false });
const marked = (body) => body.replace("@ada", '<span class="mention" data-mention="1">@ada</span>');

// Ada is in the hall, whose newest message is the tenth. `ops` is another room of hers.
function scene({ level = "all", isInView = false, isWanted = true } = {}) {
  const socket = new EventTarget();
  const unread = new Unread([
    { slug: "hall", level, unread: 0 },
    { slug: "ops", level, unread: 0 },
  ]);
  const alerts = new Alerts({
    socket, unread, slug: "hall", you: ada, isInView: () => isInView, isWanted: () => isWanted,
  });
  const told = [];
  alerts.addEventListener("alert", ({ detail }) => told.push([detail.slug, detail.message.seq]));
  alerts.connect();
  const hear = (type, detail) => socket.dispatchEvent(new CustomEvent(type, { detail }));
  hear("hello", { room: { seq: 10 } });
  return { unread, told, hear };
}

function answerWith(messages) {
  const asked = [];
  globalThis.fetch = async (address) => {
    asked.push(address);
    return { ok: true, json: async () => ({ messages }) };
  };
  return asked;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("messages of others in a hidden room are notified and counted", () => {
  const { unread, told, hear } = scene();
  hear("changes", { messages: [message(12), message(11)] });
  assert.deepEqual(told, [["hall", 12]]);
  assert.equal(unread.count, 2);
});

test("a visible room gets no notification", () => {
  const { unread, told, hear } = scene({ isInView: true });
  hear("changes", { messages: [message(11)] });
  assert.deepEqual(told, []);
  assert.equal(unread.count, 0);
});

test("own messages, changes to older ones and deleted ones are not notified", () => {
  const { told, hear } = scene();
  const gone = { ...message(12), deleted: true };
  hear("changes", { messages: [message(9), message(11, "mine", ada), gone] });
  hear("changes", { messages: [message(11, "edited")] });
  assert.deepEqual(told, []);
});

test("messages missed while offline are notified after the reconnect", () => {
  const { told, hear } = scene();
  hear("hello", { room: { seq: 12 } });
  hear("changes", { messages: [message(11), message(12)] });
  assert.deepEqual(told, [["hall", 12]]);
});

test("messages missed beyond a reset are counted and not notified", () => {
  const { unread, told, hear } = scene();
  hear("hello", { room: { seq: 5000 } });
  hear("reset", {});
  assert.deepEqual(told, []);
  assert.equal(unread.count, 4990);
});

test("a room set to mentions notifies only about mentions", () => {
  const { told, hear } = scene({ level: "mentions" });
  hear("changes", { messages: [message(11), message(12, "look, @ada"), message(13)] });
  assert.deepEqual(told, [["hall", 12]]);
});

test("another room notifies about the newest message of someone else", async () => {
  const { unread, told } = scene();
  const asked = answerWith([message(6), message(7), message(8, "mine", ada)]);
  unread.update({ ops: { unread: 3, mentions: 0 } });
  await settled();
  assert.deepEqual(told, [["ops", 7]]);
  assert.deepEqual(asked, ["/api/rooms/ops/messages/?limit=3"]);
});

test("another room set to mentions notifies about the mention", async () => {
  const { unread, told } = scene({ level: "mentions" });
  answerWith([message(6, "@ada?"), message(7)]);
  unread.update({ ops: { unread: 2, mentions: 1 } });
  await settled();
  assert.deepEqual(told, [["ops", 6]]);
});

test("no messages are fetched if there would be no notification", async () => {
  for (const options of [{ isWanted: false }, { level: "nothing" }, { level: "mentions" }]) {
    const { unread, told } = scene(options);
    const asked = answerWith([message(6)]);
    unread.update({ ops: { unread: 1, mentions: 0 } });
    await settled();
    assert.deepEqual([told, asked], [[], []]);
  }
});

test("a failed request logs a warning and does not break the page", async () => {
  const { unread, told } = scene();
  const warn = console.warn;
  const warnings = [];
  console.warn = (sentence) => warnings.push(sentence);
  globalThis.fetch = async () => ({ ok: false, status: 503 });
  unread.update({ ops: { unread: 1, mentions: 0 } });
  await settled();
  console.warn = warn;
  assert.deepEqual(told, []);
  assert.equal(warnings.length, 1);
});
