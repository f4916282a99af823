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
  const notified = [];
  alerts.addEventListener("alert", ({ detail }) => notified.push([detail.slug, detail.message.seq]));
  alerts.connect();
  const receive = (type, detail) => socket.dispatchEvent(new CustomEvent(type, { detail }));
  receive("hello", { room: { seq: 10 } });
  return { unread, notified, receive };
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
  const { unread, notified, receive } = scene();
  receive("changes", { messages: [message(12), message(11)] });
  assert.deepEqual(notified, [["hall", 12]]);
  assert.equal(unread.count, 2);
});

test("a note of the site is counted, and not notified", () => {
  const { unread, notified, receive } = scene();
  receive("changes", { messages: [message(11, "ada archived this room.", null)] });
  assert.deepEqual(notified, []);
  assert.equal(unread.count, 1);
});

test("a visible room gets no notification", () => {
  const { unread, notified, receive } = scene({ isInView: true });
  receive("changes", { messages: [message(11)] });
  assert.deepEqual(notified, []);
  assert.equal(unread.count, 0);
});

test("own messages, changes to older ones and deleted ones are not notified", () => {
  const { notified, receive } = scene();
  const gone = { ...message(12), deleted: true };
  receive("changes", { messages: [message(9), message(11, "mine", ada), gone] });
  receive("changes", { messages: [message(11, "edited")] });
  assert.deepEqual(notified, []);
});

test("messages missed while offline are notified after the reconnect", () => {
  const { notified, receive } = scene();
  receive("hello", { room: { seq: 12 } });
  receive("changes", { messages: [message(11), message(12)] });
  assert.deepEqual(notified, [["hall", 12]]);
});

test("messages missed beyond a reset are counted and not notified", () => {
  const { unread, notified, receive } = scene();
  receive("hello", { room: { seq: 5000 } });
  receive("reset", {});
  assert.deepEqual(notified, []);
  assert.equal(unread.count, 4990);
});

test("a room set to mentions notifies only about mentions", () => {
  const { notified, receive } = scene({ level: "mentions" });
  receive("changes", { messages: [message(11), message(12, "look, @ada"), message(13)] });
  assert.deepEqual(notified, [["hall", 12]]);
});

test("another room notifies about the newest message of someone else", async () => {
  const { unread, notified } = scene();
  const asked = answerWith([message(6), message(7), message(8, "mine", ada)]);
  unread.update({ ops: { unread: 3, mentions: 0 } });
  await settled();
  assert.deepEqual(notified, [["ops", 7]]);
  assert.deepEqual(asked, ["/api/rooms/ops/messages/?limit=3"]);
});

test("another room set to mentions notifies about the mention", async () => {
  const { unread, notified } = scene({ level: "mentions" });
  answerWith([message(6, "@ada?"), message(7)]);
  unread.update({ ops: { unread: 2, mentions: 1 } });
  await settled();
  assert.deepEqual(notified, [["ops", 6]]);
});

test("no messages are fetched if there would be no notification", async () => {
  for (const options of [{ isWanted: false }, { level: "nothing" }, { level: "mentions" }]) {
    const { unread, notified } = scene(options);
    const asked = answerWith([message(6)]);
    unread.update({ ops: { unread: 1, mentions: 0 } });
    await settled();
    assert.deepEqual([notified, asked], [[], []]);
  }
});

test("a failed request logs a warning and does not break the page", async () => {
  const { unread, notified } = scene();
  const warn = console.warn;
  const warnings = [];
  console.warn = (sentence) => warnings.push(sentence);
  globalThis.fetch = async () => ({ ok: false, status: 503 });
  unread.update({ ops: { unread: 1, mentions: 0 } });
  await settled();
  console.warn = warn;
  assert.deepEqual(notified, []);
  assert.equal(warnings.length, 1);
});

test("an alert notifies about a message of another room, and nothing is fetched but what came before", async () => {
  const { unread, notified, receive } = scene({ level: "mentions" });
  const asked = answerWith([message(5, "@ada")]);
  const count = async (mentions) => {
    unread.update({ ops: { unread: mentions, mentions } });
    receive("rooms", { unread: {} });
    await settled();
  };
  receive("hello", { room: { seq: 10 }, floor: 0 });
  await count(1); // missed while there was no connection
  await count(2);
  assert.deepEqual([notified, asked.length], [[["ops", 5]], 1]);
  receive("alert", { room: "ops", message: message(6) });
  receive("alert", { room: "not-listed-here", message: message(3) });
  assert.deepEqual(notified, [["ops", 5], ["ops", 6], ["not-listed-here", 3]]);
  receive("hello", { room: { seq: 10 } }); // from a worker of the previous release
  await count(3);
  await count(4);
  assert.equal(asked.length, 3);
});

test("an alert is ignored if nothing is wanted, or it is about the room in view or the user's own message", () => {
  const alerts = [["ops", message(6)], ["hall", message(11)], ["ops", message(7, "mine", ada)], ["ops", { ...message(8), deleted: true }]];
  for (const [options, expected] of [[{}, 1], [{ isWanted: false }, 0], [{ level: "nothing" }, 0]]) {
    const { notified, receive } = scene(options);
    alerts.forEach(([room, message]) => receive("alert", { room, message }));
    assert.equal(notified.length, expected, JSON.stringify(options));
  }
});

test("messages that were read elsewhere are neither notified nor counted", () => {
  const { unread, notified, receive } = scene();
  receive("rooms", { unread: {}, read: 11 });
  receive("changes", { messages: [message(11), message(12)] });
  assert.deepEqual([notified, unread.count], [[["hall", 12]], 1]);
  receive("hello", { room: { seq: 14 }, read: 13 });
  receive("changes", { messages: [message(13), message(14)] });
  assert.deepEqual([notified, unread.count], [[["hall", 12], ["hall", 14]], 2]);
});

test("after a reset only messages after the read position are counted", () => {
  const { unread, receive } = scene();
  receive("hello", { room: { seq: 5000 }, read: 4990 });
  receive("reset", {});
  assert.equal(unread.count, 10);
});
