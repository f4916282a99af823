// Finding rooms by a few letters.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { RoomDirectory } from "../../chat/static/chat/js/models/room_directory.js";

const realFetch = globalThis.fetch;
const rooms = [
  { slug: "lobby", name: "Lobby" },
  { slug: "library", name: "Library" },
  { slug: "old-lib", name: "Old lib" },
  { slug: "garden", name: "Garden" },
];

afterEach(() => (globalThis.fetch = realFetch));

let people = 0;

async function directory() {
  globalThis.fetch = async () => ({ ok: true, json: async () => ({ rooms }) });
  const directory = new RoomDirectory(++people);
  await directory.refresh();
  return directory;
}

const slugs = (found) => found.map(({ slug }) => slug);

test("without a query recently visited rooms come first, then the server's order", async () => {
  const all = await directory();
  all.visit("garden");
  all.visit("old-lib");
  assert.deepEqual(slugs(all.find("")), ["old-lib", "garden", "lobby", "library"]);
});

test("better matches come before recently visited rooms", async () => {
  const all = await directory();
  all.visit("old-lib");
  assert.deepEqual(slugs(all.find("lib")), ["library", "old-lib"]);
  assert.deepEqual(slugs(all.find("l")), ["lobby", "library", "old-lib"]);
});

test("archived rooms come after others that match as well", async () => {
  const all = await directory();
  all.rooms = [{ slug: "library-2024", name: "Library 2024", archived: true }, ...rooms.map((room) => ({ ...room, archived: false }))];
  all.visit("library-2024");
  assert.deepEqual(slugs(all.find("lib")), ["library", "library-2024", "old-lib"]);
  assert.equal(slugs(all.find("")).at(-1), "library-2024");
});

test("rooms that the user hasn't joined come after others that match as well", async () => {
  const all = await directory();
  all.rooms = [{ slug: "library-2", name: "Library 2", joined: false }, ...rooms.map((room) => ({ ...room, joined: true }))];
  all.visit("library-2");
  assert.deepEqual(slugs(all.find("lib")), ["library", "library-2", "old-lib"]);
  assert.equal(slugs(all.find("")).at(-1), "library-2");
});

test("the user's own rooms are fetched page by page", async () => {
  const asked = [];
  globalThis.fetch = async (address) => (asked.push(address), { ok: true, json: async () => ({ rooms, next: null }) });
  const all = new RoomDirectory(++people);
  assert.deepEqual(await all.mine(), { rooms, next: null });
  await all.mine("7-8");
  assert.deepEqual(asked, ["/api/rooms/?mine=1", "/api/rooms/?mine=1&after=7-8"]);
});

test("repeated visits keep the other recent rooms", async () => {
  const all = await directory();
  all.visit("garden");
  Array.from({ length: 60 }).forEach(() => all.visit("lobby"));
  assert.deepEqual(slugs(all.find("")).slice(0, 2), ["lobby", "garden"]);
});

test("concurrent refreshes share one request", async () => {
  let asked = 0;
  globalThis.fetch = async () => ({ ok: true, json: async () => ({ rooms: [], asked: ++asked }) });
  const all = new RoomDirectory(0);
  await Promise.all([all.refresh(), all.refresh()]);
  assert.equal(asked, 1);
  await all.refresh();
  assert.equal(asked, 2);
});

test("a failed request rejects, and the next call requests again", async () => {
  const all = await directory();
  globalThis.fetch = async () => ({ ok: false, status: 503 });
  await assert.rejects(all.refresh(), /503/);
  assert.equal(all.rooms.length, rooms.length);
});

test("the server searches rooms beyond the first page, only for the last query", async () => {
  const asked = [];
  globalThis.fetch = async (address) => {
    asked.push(address);
    const found = { rooms: [{ slug: "attic", name: "Attic" }, rooms[0]] };
    return { ok: true, json: async () => (address.includes("?") ? found : { rooms, next: "1-1" }) };
  };
  const all = new RoomDirectory(0);
  await all.refresh();
  await Promise.all([all.search("a"), all.search("at"), all.search("att")]);
  assert.deepEqual(asked, ["/api/rooms/", "/api/rooms/?q=a&limit=50", "/api/rooms/?q=att&limit=50"]);
  assert.deepEqual(slugs(all.find("attic")), ["attic"]);
  assert.equal(all.rooms.length, rooms.length + 1);
});

test("a complete list is searched without the server", async () => {
  const all = await directory();
  globalThis.fetch = () => assert.fail("asked");
  await all.search("attic");
});
