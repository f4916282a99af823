// The notice that the user is typing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Typing } from "../../chat/static/chat/js/models/typing.js";
import { FakeSocket } from "./fakes.mjs";

test("typing is announced once in three seconds, and again at once after a message was sent", (t) => {
  let now = 1_000_000;
  t.mock.method(Date, "now", () => now);
  const socket = new FakeSocket();
  const typing = new Typing(socket);
  const frames = () => socket.sent.splice(0).map(({ on }) => on);
  typing.start();
  now += 2_999;
  typing.start();
  assert.deepEqual(frames(), [true]);
  now += 1;
  typing.start();
  assert.deepEqual(frames(), [true]);
  typing.stop();
  typing.stop();
  assert.deepEqual(frames(), [false]);
  typing.start();
  typing.start();
  assert.deepEqual(frames(), [true]);
});
