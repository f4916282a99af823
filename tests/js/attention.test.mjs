// What counts, and who is meant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, countedTitle, isWorthTelling, speaksTo } from "../../chat/static/chat/js/helpers/attention.js";
import { folded, misfit } from "../../chat/static/chat/js/helpers/matching.js";

test("a room counts by its level", () => {
  const room = { unread: 5, mentions: 2 };
  assert.equal(counted({ ...room, level: "all" }), 5);
  assert.equal(counted({ ...room, level: "mentions" }), 2);
  assert.equal(counted({ ...room, level: "nothing" }), 0);
});

test("a message is worth telling by the level of its room", () => {
  assert.equal(isWorthTelling("all", false), true);
  assert.equal(isWorthTelling("mentions", false), false);
  assert.equal(isWorthTelling("mentions", true), true);
  assert.equal(isWorthTelling("nothing", true), false);
});

test("a message speaks to those whom the server has marked", () => {
  const html = '<p>hello <span class="mention" data-mention="7">@ada</span></p>';
  assert.ok(speaksTo(html, 7));
  assert.ok(!speaksTo(html, 77));
  assert.ok(!speaksTo("<p>&lt;span data-mention=\"7\"&gt;</p>", 7));
});

test("a title tells a count that fits into a tab", () => {
  assert.equal(countedTitle("Lobby · Chat", 0), "Lobby · Chat");
  assert.equal(countedTitle("Lobby · Chat", 3), "(3) Lobby · Chat");
  assert.equal(countedTitle("Lobby · Chat", 100), "(99+) Lobby · Chat");
});

test("names are found without their accents and case", () => {
  assert.equal(folded("Café SOCIÉTÉ"), "cafe societe");
  assert.equal(misfit("Café société", "CAFE"), 0);
});

test("the beginning of a name fits better than that of a word, that better than a part, letters in order least", () => {
  assert.equal(misfit("Book club", "bo"), 0);
  assert.equal(misfit("Book club", "clu"), 1);
  assert.equal(misfit("Book club", "ook"), 2);
  assert.equal(misfit("Book club", "bkcb"), 3);
  assert.equal(misfit("Book club", "bz"), Infinity);
  assert.equal(misfit("Book club", "  "), 0);
});
