// Single messages: requested once, kept up to date, requested again after a failure.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Originals } from "../../chat/static/chat/js/models/originals.js";
import { fakeFetch, FakeSocket } from "./fakes.mjs";

function start(t, answers) {
  const socket = new FakeSocket();
  const originals = new Originals({ address: "/m/", socket });
  originals.connect();
  return { socket, originals, asked: fakeFetch(t, answers) };
}

const page = (...messages) => ({ messages });

test("a message is requested once for any number of quotes", async (t) => {
  const { originals, asked } = start(t, () => page({ seq: 7, body: "x" }));
  const [one, other] = await Promise.all([originals.get(7), originals.get(7)]);
  assert.equal(one, other);
  assert.deepEqual(asked, ["/m/?around=7&limit=1"]);
});

test("a missing message is null even if the server returns a neighbour", async (t) => {
  const { originals } = start(t, () => page({ seq: 8 }));
  assert.equal(await originals.get(7), null);
});

test("a failure is not cached", async (t) => {
  let answer;
  const { originals } = start(t, () => answer);
  await assert.rejects(originals.get(7));
  answer = page({ seq: 7 });
  assert.equal((await originals.get(7)).seq, 7);
});

test("changes of requested messages are announced", async (t) => {
  const { socket, originals } = start(t, () => page({ seq: 7, body: "old" }));
  const announced = [];
  originals.addEventListener("changed", ({ detail }) => announced.push(detail.body));
  await originals.get(7);
  socket.receive({ type: "changes", messages: [{ seq: 7, body: "new" }, { seq: 9, body: "other" }] });
  assert.deepEqual(announced, ["new"]);
  assert.equal((await originals.get(7)).body, "new");
});

test("a reset clears the cache", async (t) => {
  const { socket, originals, asked } = start(t, () => page({ seq: 7 }));
  await originals.get(7);
  socket.receive({ type: "reset" });
  await originals.get(7);
  assert.equal(asked.length, 2);
});

test("reactions are requested at the message's own URL", async (t) => {
  const reactions = [{ emoji: "👍", count: 1, people: [{ id: 1, name: "ada" }] }];
  const { originals, asked } = start(t, () => ({ reactions }));
  assert.deepEqual(await originals.reactions(7), reactions);
  assert.deepEqual(asked, ["/m/7/reactions/"]);
});
