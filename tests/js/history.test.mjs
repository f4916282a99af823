// Pages of the log: one request at a time, the latest wins, and a lost connection repeats a reset.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { History } from "../../chat/static/chat/js/models/history.js";
import { Timeline } from "../../chat/static/chat/js/models/timeline.js";

class FakeSocket extends EventTarget {
  restarts = 0;

  restart() {
    this.restarts += 1;
  }

  reset(cursor) {
    this.dispatchEvent(new CustomEvent("reset", { detail: { cursor } }));
  }
}

// The requests. A test answers each.
let requests;

function fakeFetch(address, { signal }) {
  return new Promise((resolve, reject) => {
    const query = Object.fromEntries(new URL(address, "http://chat").searchParams);
    const answer = (page) => resolve({ ok: true, json: () => Promise.resolve(page) });
    const fail = (status) => resolve({ ok: false, status });
    signal.addEventListener("abort", () => reject(signal.reason));
    requests.push({ query, answer, fail, signal });
  });
}

const range = (first, last) =>
  Array.from({ length: last - first + 1 }, (_, index) => ({ seq: first + index, rev: first + index }));
const seqs = (timeline) => timeline.all().map(({ seq }) => seq);

function start(first, last, newest = last) {
  const socket = new FakeSocket();
  const timeline = new Timeline({ messages: range(first, last), cursor: "c0", more: first > 1, newest });
  const history = new History({ address: "/messages/", timeline, socket });
  history.connect();
  return { socket, timeline, history };
}

const settled = (promise) => promise.then(() => "done", (error) => error.name);

beforeEach(() => {
  requests = [];
  globalThis.fetch = fakeFetch;
});

test("the next page is requested once, in both directions", async () => {
  const { history, timeline } = start(10, 12, 20);
  const older = history.older();
  await history.older();
  await history.newer();
  assert.deepEqual(requests.map(({ query }) => query), [{ before: "10", limit: "50" }]);
  requests[0].answer({ messages: range(1, 9), more: false, newest: 20 });
  await older;
  const newer = history.newer();
  assert.deepEqual(requests[1].query, { after: "12", limit: "50" });
  requests[1].answer({ messages: range(13, 20), more: false, newest: 20 });
  await newer;
  await history.older();
  await history.newer();
  assert.equal(requests.length, 2);
  assert.equal(seqs(timeline).length, 20);
});

test("a loaded message is not requested, another one is loaded with its neighbours", async () => {
  const { history, timeline } = start(900, 1000);
  assert.equal((await history.reach(950)).seq, 950);
  const far = history.reach(70);
  assert.deepEqual(requests.map(({ query }) => query), [{ around: "70", limit: "100" }]);
  requests[0].answer({ messages: range(20, 119), more: true, newest: 1000 });
  assert.equal((await far).seq, 70);
  assert.deepEqual([timeline.oldest, timeline.newest, timeline.reachesEnd], [20, 119, false]);
});

test("a missing message is not found, and the window stays", async () => {
  const { history, timeline } = start(100, 150, 900);
  const found = history.reach(999);
  requests[0].answer({ messages: range(851, 900), more: true, newest: 900 });
  assert.equal(await found, undefined);
  assert.deepEqual([timeline.oldest, timeline.newest], [100, 150]);
});

test("a jump aborts the request before it", async () => {
  const { history, timeline } = start(900, 1000, 2000);
  const older = settled(history.older());
  const end = history.reachEnd();
  assert.equal(await older, "AbortError");
  assert.equal(requests[0].signal.aborted, true);
  requests[1].answer({ messages: range(1951, 2000), more: true, newest: 2000 });
  await end;
  assert.deepEqual([timeline.oldest, timeline.reachesEnd, history.isBusy], [1951, true, false]);
});

test("a failed page rejects its promise, and can be requested again", async () => {
  const { history } = start(10, 12);
  const older = settled(history.older());
  requests[0].fail(503);
  assert.equal(await older, "Error");
  assert.equal(history.isBusy, false);
  history.older();
  assert.equal(requests.length, 2);
});

test("a reset loads the messages around the reader, or the newest", async () => {
  for (const [place, query] of [[null, { limit: "50" }], [905, { around: "905", limit: "100" }]]) {
    requests = [];
    const { socket, timeline, history } = start(900, 1000);
    timeline.anchorSeq = place;
    socket.reset("c9");
    assert.deepEqual(requests[0].query, query);
    const idle = new Promise((resolve) => history.addEventListener("idle", resolve));
    requests[0].answer({ messages: range(855, 954), more: true, newest: 4000 });
    await idle;
    assert.deepEqual([timeline.cursor, timeline.oldest, timeline.end], ["c9", 855, 4000]);
    assert.equal(socket.restarts, 0);
  }
});

test("a reset without its page reconnects at the old cursor", async (t) => {
  t.mock.method(console, "warn", () => {});
  const { socket, timeline, history } = start(900, 1000);
  const idle = new Promise((resolve) => history.addEventListener("idle", resolve));
  socket.reset("c9");
  requests[0].fail(503);
  await idle;
  await history.older();
  assert.deepEqual([socket.restarts, timeline.cursor, requests.length], [1, "c0", 1]);
});

test("a jump during a reset starts over at its target", async () => {
  const { socket, timeline, history } = start(900, 1000);
  socket.reset("c9");
  const found = history.reach(950);
  requests[1].answer({ messages: range(901, 1000), more: true, newest: 4000 });
  assert.equal((await found).seq, 950);
  assert.deepEqual([timeline.cursor, timeline.isVoid, socket.restarts], ["c9", false, 0]);
});
