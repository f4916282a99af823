// The sections and the order of the rooms in the sidebar.

import assert from "node:assert/strict";
import { test } from "node:test";
import { neighbour, placeAmong, sectionOf } from "../../chat/static/chat/js/helpers/rooms.js";

test("a room has one section: archived, starred, direct, muted or none of these", () => {
  const cases = [
    [{ level: "all" }, "all", "rooms"],
    [{ level: "nothing" }, "all", "muted"],
    [{ level: "nothing" }, "mentions", "muted"],
    [{ level: "nothing" }, "nothing", "rooms"],
    [{ level: "nothing", isStarred: true }, "all", "starred"],
    [{ level: "all", isStarred: true, isArchived: true }, "all", "archived"],
    [{ level: "nothing", visibility: "direct" }, "all", "direct"],
    [{ level: "all", visibility: "direct", isStarred: true }, "all", "starred"],
    [{ level: "all", visibility: "direct", isArchived: true }, "all", "archived"],
  ];
  for (const [room, levelOfAll, section] of cases) {
    assert.equal(sectionOf(room, levelOfAll), section, JSON.stringify(room));
  }
});

test("a room is put among the others by its name, after those of the same name", () => {
  const names = ["Attic", "älteste", "Hall", "hall", "Zoo"];
  const same = (name) => name;
  const places = ["Aachen", "Älteste", "HALL", "Ops", "zoo 2"].map((name) => placeAmong(names, name, same));
  assert.deepEqual([places[0], places[2], places[3], places[4]], [0, 4, 4, 5]);
  assert.equal(placeAmong([], "any", same), 0);
});

test("the next room is after the current one, and the first comes after the last", () => {
  const rooms = ["attic", "hall", "lobby", "ops"];
  assert.equal(neighbour(rooms, "hall", 1), "lobby");
  assert.equal(neighbour(rooms, "hall", -1), "attic");
  assert.equal(neighbour(rooms, "ops", 1), "attic");
  assert.equal(neighbour(rooms, "attic", -1), "ops");
  assert.equal(neighbour(rooms, undefined, 1), "attic");
  assert.equal(neighbour(rooms, undefined, -1), "ops");
  assert.equal(neighbour(rooms, "hall", 1, (room) => room === "attic"), "attic");
  assert.equal(neighbour(rooms, "hall", 1, () => false), undefined);
  assert.equal(neighbour(["hall"], "hall", 1), undefined);
  assert.equal(neighbour([], undefined, -1), undefined);
});
