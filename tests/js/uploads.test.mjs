// Uploads: pieces, breaks, refusals, and messages that wait for their files, also after a reload.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { keysUnder, remove } from "../../chat/static/chat/js/helpers/storage.js";
import { FileApi } from "../../chat/static/chat/js/models/file_api.js";
import { Outbox } from "../../chat/static/chat/js/models/outbox.js";
import { Sender } from "../../chat/static/chat/js/models/sender.js";
import { Uploads } from "../../chat/static/chat/js/models/uploads.js";
import { FakeSocket } from "./fakes.mjs";

const MB = 1024 * 1024;
const PREFIX = "chat.files.1.lobby.";

// The upload API. `breaks` lists what happens to the next requests: a status, "lost" (no answer, and nothing arrived) or
// "unanswered" (it arrived).
class FakeServer {
  files = new Map();
  breaks = [];
  headers = {};
  asked = [];
  largest = 0;

  async fetch(address, { method, headers, body }) {
    const fault = this.breaks.shift();
    this.asked.push(method);
    if (fault === "lost") {
      throw new TypeError("Failed to fetch");
    }
    if (typeof fault === "number") {
      return this.#answer(fault, {}, { error: { code: "rate_limited", detail: "Wait." } });
    }
    const answer = this.#serve(address.split("/").at(-2), { method, headers, body });
    if (fault === "unanswered") {
      throw new TypeError("Failed to fetch");
    }
    return answer;
  }

  #serve(key, { method, headers, body }) {
    if (method === "POST") {
      const made = `key${this.files.size}`;
      this.files.set(made, { size: Number(headers["Upload-Length"]), metadata: headers["Upload-Metadata"], bytes: Buffer.alloc(0) });
      return this.#answer(201, { Location: `/api/files/${made}/` });
    }
    const file = this.files.get(key);
    if (!file) {
      return this.#answer(404, {});
    }
    if (method === "PATCH") {
      if (Number(headers["Upload-Offset"]) !== file.bytes.length) {
        return this.#answer(409, {});
      }
      this.largest = Math.max(this.largest, body.byteLength);
      file.bytes = Buffer.concat([file.bytes, Buffer.from(body)]);
    } else if (method === "DELETE") {
      this.files.delete(key);
    } else if (method === "PUT") {
      file.alt = JSON.parse(body).alt;
    }
    return this.#answer(204, { "Upload-Offset": String(file.bytes.length) });
  }

  #answer(status, headers, content) {
    const all = new Headers({ ...headers, ...(status >= 400 && this.headers) });
    return { ok: status < 400, status, headers: all, json: async () => content ?? {} };
  }
}

class FakeBlobs {
  kept = new Map();
  keep = async (id, blob) => void this.kept.set(id, blob);
  get = async (id) => this.kept.get(id) ?? null;
  forget = async (id) => void this.kept.delete(id);
  forgetOld = async () => {};
}

async function start(t, { server = new FakeServer(), blobs = new FakeBlobs() } = {}) {
  t.mock.method(globalThis, "fetch", (address, options) => server.fetch(address, options));
  const socket = new FakeSocket();
  const outbox = new Outbox({ personId: 1, slug: "lobby" });
  new Sender({ outbox, socket, timeline: { isPast: () => false } }).connect();
  const uploads = new Uploads({ prefix: PREFIX, outbox, api: new FileApi(async () => "token"), blobs, mostBytes: 25 * MB });
  outbox.connect(() => false);
  await uploads.connect();
  // An upload goes on until it is cancelled.
  t.after(() => keysUnder(PREFIX).forEach((key) => uploads.cancel(key.slice(PREFIX.length))));
  const post = (body) => outbox.add(body, null, uploads.claim());
  return { server, blobs, socket, outbox, uploads, post };
}

const file = (name, size = 10, type = "text/plain") => new File([Buffer.alloc(size, 7)], name, { type });
const posts = ({ sent }) => sent.map(({ body, files }) => [body, files]);

// Other tests of this process replace it.
const { setTimeout: later } = globalThis;

// Let the uploads go on until `isSo`. Pauses pass at once. The number of turns is only when to give up.
async function until(isSo) {
  for (let turn = 0; turn < 20_000; turn++) {
    if (isSo()) {
      return;
    }
    await new Promise((resolve) => later(resolve, 1));
  }
  assert.fail("It did not happen.");
}

function withoutPauses(t) {
  const pauses = [];
  t.mock.method(globalThis, "setTimeout", (act, ms) => {
    pauses.push(ms);
    return later(act, 0);
  });
  return pauses;
}

beforeEach(() => keysUnder("chat.").forEach(remove));

test("a file goes in pieces of at most 960 KiB, with its name", async (t) => {
  const { server, uploads } = await start(t);
  assert.equal(uploads.add(file("Grüße.pdf", 4 * MB)), "");
  await until(() => uploads.draft[0].isDone);
  const [{ size, bytes, metadata }] = server.files.values();
  assert.equal(size, 4 * MB);
  assert.equal(bytes.length, 4 * MB);
  assert.equal(metadata, `filename ${Buffer.from("Grüße.pdf").toString("base64")}`);
  assert.ok(server.largest <= 960 * 1024);
});

test("after a break it asks for the offset and goes on there", async (t) => {
  withoutPauses(t);
  const { server, uploads } = await start(t);
  server.breaks = [undefined, undefined, "lost", "lost", undefined, "unanswered", 503, undefined, 409];
  uploads.add(file("map.bin", 3 * MB));
  await until(() => uploads.draft[0].isDone);
  const [{ bytes }] = server.files.values();
  assert.deepEqual([server.files.size, bytes.length], [1, 3 * MB]);
  assert.ok(server.asked.filter((method) => method === "HEAD").length >= 3);
});

test("it waits as long as the server says", async (t) => {
  const pauses = withoutPauses(t);
  const { server, uploads } = await start(t);
  server.headers = { "Retry-After": "7" };
  server.breaks = [429];
  uploads.add(file("map.bin"));
  await until(() => uploads.draft[0].isDone);
  assert.ok(pauses.includes(7_000));
});

test("an upload that the server has lost begins once more", async (t) => {
  withoutPauses(t);
  const { server, uploads } = await start(t);
  server.breaks = [undefined, 410];
  uploads.add(file("map.bin"));
  await until(() => uploads.draft[0].isDone);
  assert.equal(server.asked.filter((method) => method === "POST").length, 2);
});

test("a refusal is told, and the file can be sent again or removed", async (t) => {
  const { server, uploads } = await start(t);
  server.breaks = [403];
  uploads.add(file("map.bin"));
  await until(() => uploads.draft[0].state === "failed");
  const [{ id, detail }] = uploads.draft;
  assert.equal(detail, "Wait.");
  uploads.retry(id);
  await until(() => uploads.get(id).isDone);
  uploads.cancel(id);
  await until(() => server.files.size === 0);
  assert.deepEqual([uploads.draft, keysUnder(PREFIX)], [[], []]);
});

test("files that are too many, too large or empty are not taken", async (t) => {
  const { uploads } = await start(t);
  assert.match(uploads.add(file("a", 0)), /“a” is empty/);
  assert.match(uploads.add({ name: "b", size: 26 * MB, type: "" }), /at most 25 MB/);
  Array.from({ length: 10 }, (_, index) => assert.equal(uploads.add(file(`${index}`)), ""));
  assert.match(uploads.add(file("c")), /at most 10 files/);
});

test("at most three files are uploaded at the same time", async (t) => {
  const { uploads } = await start(t);
  Array.from({ length: 5 }, (_, index) => uploads.add(file(`${index}`)));
  assert.equal(uploads.draft.filter(({ state }) => state === "uploading").length, 3);
  await until(() => uploads.draft.every(({ isDone }) => isDone));
});

test("a message waits for its files, and the next one for it", async (t) => {
  const { socket, uploads, post, outbox } = await start(t);
  uploads.add(file("one.txt"));
  uploads.add(file("two.txt"));
  post("look");
  outbox.add("later");
  assert.deepEqual(posts(socket), []);
  await until(() => socket.sent.length);
  assert.deepEqual(posts(socket), [["look", ["key0", "key1"]]]);
  assert.deepEqual(uploads.draft, []);
  socket.receive({ type: "ok", ref: socket.sent[0].ref, seq: 1 });
  assert.deepEqual(posts(socket).at(-1), ["later", undefined]);
  assert.deepEqual(keysUnder(PREFIX), []);
});

test("a message whose file is refused waits for its author", async (t) => {
  const { server, socket, uploads, post, outbox } = await start(t);
  server.breaks = [403];
  uploads.add(file("one.txt"));
  post("look");
  outbox.add("later");
  await until(() => socket.sent.length);
  assert.deepEqual(posts(socket), [["later", undefined]]);
  const [entry] = outbox.entries;
  assert.deepEqual([entry.state, entry.detail], ["failed", "“one.txt”: Wait."]);
  socket.receive({ type: "ok", ref: socket.sent[0].ref, seq: 1 });
  outbox.retry(entry.client_id);
  await until(() => socket.sent.length === 2);
  assert.deepEqual(posts(socket).at(-1), ["look", ["key0"]]);
});

test("a discarded message takes its files along", async (t) => {
  const { server, uploads, post, outbox } = await start(t);
  server.breaks = [undefined, 503];
  uploads.add(file("one.txt"));
  await until(() => server.files.size);
  post("look");
  const [{ client_id: clientId }] = outbox.entries;
  outbox.drop(clientId);
  await until(() => server.files.size === 0);
  assert.deepEqual(keysUnder(PREFIX), []);
});

test("after a reload the upload and its message go on", async (t) => {
  withoutPauses(t);
  const before = await start(t);
  before.server.breaks = [undefined, undefined, ...Array(10_000).fill("lost")];
  before.uploads.add(file("one.bin", MB));
  before.post("look");
  await until(() => [...before.server.files.values()][0]?.bytes.length);
  const blobs = before.blobs;
  const server = Object.assign(new FakeServer(), { files: before.server.files });
  const { socket } = await start(t, { server, blobs });
  await until(() => socket.sent.length);
  assert.deepEqual(posts(socket), [["look", ["key0"]]]);
  assert.equal(server.files.get("key0").bytes.length, MB);
  assert.deepEqual(server.asked.slice(0, 1), ["HEAD"]);
});

test("a file whose contents are gone is asked for again, and must be the same", async (t) => {
  withoutPauses(t);
  const before = await start(t);
  before.server.breaks = [undefined, ...Array(10_000).fill("lost")];
  before.uploads.add(file("one.bin", 1000));
  before.post("look");
  await until(() => before.server.files.size);
  const server = Object.assign(new FakeServer(), { files: before.server.files });
  const { socket, uploads, outbox } = await start(t, { server });
  const [{ client_id: clientId, state, detail }] = outbox.entries;
  assert.deepEqual([state, detail], ["failed", "Choose “one.bin” again to go on with its upload."]);
  const [{ id }] = uploads.of(clientId);
  assert.match(uploads.retry(id, file("one.bin", 999)), /That is another file/);
  assert.equal(uploads.retry(id, file("one.bin", 1000)), "");
  outbox.retry(clientId);
  await until(() => socket.sent.length);
  assert.deepEqual(posts(socket), [["look", ["key0"]]]);
});

test("a description that is written during the upload reaches the server", async (t) => {
  const { server, uploads } = await start(t);
  uploads.add(file("map.png", 10, "image/png"));
  await uploads.describe(uploads.draft[0].id, "The old town");
  await until(() => uploads.draft[0].isDone);
  assert.equal(server.files.get("key0").alt, "The old town");
});
