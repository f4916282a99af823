// The messages that the user has saved, here or in another window.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Bookmarks } from "../../chat/static/chat/js/models/bookmarks.js";
import { FakeSocket } from "./fakes.mjs";

test("saved messages follow the user's own commands and the frames about this room", async () => {
  const socket = new FakeSocket();
  const sent = [];
  let refusal = null;
  const commands = { bookmark: async (...asked) => (refusal ? Promise.reject(refusal) : sent.push(asked)) };
  const bookmarks = new Bookmarks({ socket, commands, slug: "hall", saved: [1, 2] });
  const known = () => [1, 2, 3, 4].filter((seq) => bookmarks.has(seq));
  bookmarks.connect();
  await bookmarks.set(3, true);
  await bookmarks.set(1, false);
  assert.deepEqual([sent, known()], [[[3, true], [1, false]], [2, 3]]);
  socket.receive({ type: "saved", room: "hall", seq: 4, on: true });
  socket.receive({ type: "saved", room: "hall", seq: 2, on: false });
  socket.receive({ type: "saved", room: "ops", seq: 1, on: true });
  assert.deepEqual(known(), [3, 4]);
  refusal = new Error("No.");
  await assert.rejects(bookmarks.set(1, true), refusal);
  assert.deepEqual(known(), [3, 4]);
  assert.equal(new Bookmarks({ socket, commands, slug: "hall" }).has(1), false);
});
