// The models of the page against the sequences that every client must handle, from `python -m tests.models.vectors`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { keysUnder, remove } from "../../chat/static/chat/js/helpers/storage.js";
import { Commands } from "../../chat/static/chat/js/models/commands.js";
import { History } from "../../chat/static/chat/js/models/history.js";
import { Outbox } from "../../chat/static/chat/js/models/outbox.js";
import { Sender } from "../../chat/static/chat/js/models/sender.js";
import { Timeline } from "../../chat/static/chat/js/models/timeline.js";
import { FakeSocket } from "./fakes.mjs";

const vectors = (kind) => JSON.parse(readFileSync(new URL(`../vectors/${kind}.json`, import.meta.url)));

// Play each vector on the model that `start` creates, and name the step and seed of a failure.
function play(kind, name, start) {
  for (const { seed, steps } of vectors(kind)) {
    test(`${name}, seed ${seed}`, async (t) => {
      const player = start(t, steps[0]);
      for (const [index, step] of steps.entries()) {
        await player[step.do]?.(step);
        player.check(step, `step ${index}, ${step.do}`);
      }
    });
  }
}

// ---- The stored messages

play("streams", "whatever comes twice, late or anew, the newest of each message is held once", () => {
  const timeline = new Timeline({ messages: [], cursor: "", more: false });
  const told = [];
  timeline.addEventListener("changed", ({ detail }) => told.push(...detail.messages.map(({ seq }) => seq)));
  const load = (messages) => timeline.replace({ messages, more: false, newest: messages.length }, Infinity);
  return {
    changes: (step) => timeline.apply(step),
    ask: () => timeline.beginLoad(),
    page({ messages }) {
      load(messages);
      timeline.endLoad();
    },
    reset({ cursor, messages }) {
      timeline.reset(cursor);
      timeline.beginLoad();
      load(messages);
      timeline.endLoad();
    },
    check({ do: kind, said = [], edited = [], deleted = [], cursor, holds }, where) {
      if (holds) {
        assert.deepEqual(timeline.all().map(({ rev }) => rev), holds, where);
        assert.deepEqual(timeline.all().map(({ seq }) => seq), holds.map((_, index) => index + 1), where);
      }
      if (cursor) {
        assert.equal(timeline.cursor, cursor, where);
      }
      if (kind === "changes") {
        // A reaction is a change too, but the vectors do not cover it.
        assert.deepEqual([...said, ...edited, ...deleted].filter((seq) => !told.includes(seq)), [], where);
      }
      told.length = 0;
    },
  };
});

class Site extends FakeSocket {
  restart() {
    throw new Error("Every page comes.");
  }
}

const pageOf = ({ first, revs, more, newest }) => ({
  messages: revs.map((rev, index) => ({ seq: first + index, rev })),
  more,
  newest,
});

const texts = (fields) => Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));

function reader(t, { page, cursor }) {
  const requests = [];
  let count = 0;
  t.mock.method(globalThis, "fetch", (address, { signal }) => new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    const query = Object.fromEntries(new URL(address, "http://chat").searchParams);
    requests.push({ query, answer: (found) => resolve({ ok: true, json: async () => found }) });
  }));
  const socket = new Site();
  const timeline = new Timeline({ ...pageOf(page), cursor });
  const history = new History({ address: "/messages/", timeline, socket });
  history.connect();
  const move = (promise) => promise.catch((error) => assert.equal(error.name, "AbortError"));
  return {
    changes: ({ messages, cursor: reached }) =>
      timeline.apply({ messages: messages.map(([seq, rev]) => ({ seq, rev })), cursor: reached }),
    reset: ({ cursor: head }) => socket.receive({ type: "reset", cursor: head }),
    older: () => void move(history.older()),
    newer: () => void move(history.newer()),
    reach: ({ seq }) => void move(history.reach(seq)),
    end: () => void move(history.reachEnd()),
    beginning: () => void move(history.reachBeginning()),
    async page({ page: found }) {
      const idle = new Promise((resolve) => history.addEventListener("idle", resolve, { once: true }));
      requests.at(-1).answer(pageOf(found));
      await idle;
    },
    check({ asks, cursor_held: held, holds }, where) {
      assert.deepEqual(requests.slice(count).map(({ query }) => query), asks ? [texts(asks)] : [], where);
      count = requests.length;
      if (held) {
        assert.equal(timeline.cursor, held, where);
      }
      if (holds) {
        const { first, revs, more, end } = holds;
        assert.deepEqual(timeline.all(), pageOf({ first, revs }).messages, where);
        assert.deepEqual([timeline.more, timeline.end], [more, end], where);
      }
    },
  };
}

play("windows", "wherever one reads, what is held is what the site holds", reader);

// ---- The requests

beforeEach(() => keysUnder("chat.").forEach(remove));

// `numbers` counts the sent, executed and refused commands.
function line(t, socket, ask, numbers) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let count = 0;
  return {
    ask: () => ask(++count),
    answer({ code, number }) {
      const ref = number ? socket.sent.at(-1).ref : "another";
      const answer = code === "ok" ? { type: "ok", seq: number, rev: number } : { type: "error", code, detail: "No." };
      socket.receive({ ...answer, ref });
    },
    wait: () => t.mock.timers.tick(1_000),
    break() {
      socket.isOpen = false;
    },
    hello() {
      socket.isOpen = true;
      socket.receive({ type: "hello" });
    },
    check({ sent, done, refused }, where) {
      assert.deepEqual(numbers(), { sent, done, refused }, where);
    },
  };
}

play("queues", "messages go one at a time, in order, until there is an answer", (t) => {
  const socket = new FakeSocket();
  const outbox = new Outbox({ personId: 1, slug: "lobby" });
  new Sender({ outbox, socket, timeline: new Timeline({ messages: [], cursor: "", more: false }) }).connect();
  outbox.connect(() => false);
  const numbersIn = (state) => outbox.entries.filter((it) => it.state === state).map(({ body }) => Number(body));
  return line(t, socket, (number) => outbox.add(String(number)), () => ({
    sent: socket.sent.map(({ body }) => Number(body)),
    done: numbersIn("sent"),
    refused: numbersIn("failed"),
  }));
});

play("queues", "so do changes to messages", (t) => {
  const socket = new FakeSocket();
  const commands = new Commands(socket);
  commands.connect();
  const [done, refused] = [[], []];
  const ask = (number) => void commands.delete(number).then(() => done.push(number), () => refused.push(number));
  const player = line(t, socket, ask, () => ({ sent: socket.sent.map(({ seq }) => seq), done, refused }));
  const { answer } = player;
  player.answer = async (step) => {
    answer(step);
    await new Promise(setImmediate); // the promise of the answer
  };
  return player;
});
