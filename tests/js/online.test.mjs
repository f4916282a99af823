// The partners in direct conversations who are online.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Online } from "../../chat/static/chat/js/models/online.js";

function frame(type, fields = {}) {
  return new CustomEvent(type, { detail: { type, ...fields } });
}

function connected(personId) {
  const socket = new EventTarget();
  const online = new Online({ socket, personId });
  socket.dispatchEvent(frame("hello"));
  return { socket, online };
}

const among = (online, ...ids) => ids.filter((id) => online.has(id));

test("people come and go, and the first frame of each connection lists everyone", () => {
  const { socket, online } = connected(1);
  let changes = 0;
  online.addEventListener("changed", () => (changes += 1));
  socket.dispatchEvent(frame("online", { on: [2, 3], off: [] }));
  socket.dispatchEvent(frame("online", { on: [4], off: [2] }));
  assert.deepEqual(among(online, 2, 3, 4), [3, 4]);
  socket.dispatchEvent(frame("hello"));
  assert.deepEqual(among(online, 2, 3, 4), [3, 4]);
  socket.dispatchEvent(frame("online", { on: [2], off: [] }));
  assert.deepEqual(among(online, 2, 3, 4), [2]);
  assert.equal(changes, 3);
});

test("the next page begins with what this one knew, for a minute and for the same person", (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { socket, online } = connected(5);
  socket.dispatchEvent(frame("online", { on: [2], off: [] }));
  online.keep();
  assert.deepEqual(among(connected(5).online, 2), [2]);
  assert.deepEqual(among(connected(6).online, 2), []);
  context.mock.timers.tick(61_000);
  assert.deepEqual(among(connected(5).online, 2), []);
});
