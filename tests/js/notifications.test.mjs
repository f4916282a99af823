// The rules for notifications, and the ranking of names.

import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, countedTitle, notifies, hasMention } from "../../chat/static/chat/js/helpers/notifications.js";
import { folded, matchRank } from "../../chat/static/chat/js/helpers/matching.js";

test("unread messages count by the level of the room", () => {
  const room = { unread: 5, mentions: 2 };
  assert.equal(counted({ ...room, level: "all" }), 5);
  assert.equal(counted({ ...room, level: "mentions" }), 2);
  assert.equal(counted({ ...room, level: "nothing" }), 0);
  assert.equal(counted({ ...room, level: "unjoined" }), 0);
});

test("a message notifies by the level of its room", () => {
  assert.equal(notifies("all", false), true);
  assert.equal(notifies("mentions", false), false);
  assert.equal(notifies("mentions", true), true);
  assert.equal(notifies("nothing", true), false);
  assert.equal(notifies("unjoined", true), false);
});

test("a message mentions the people whom the server has marked", () => {
  const html = '<p>hello <span class="mention" data-mention="7">@ada</span></p>';
  assert.ok(hasMention(html, 7));
  assert.ok(!hasMention(html, 77));
  assert.ok(hasMention('<span class="mention" data-mention="room">@room</span>', 7));
  assert.ok(hasMention('<span class="mention" data-mention="here">@here</span>', 7));
  assert.ok(!hasMention("<p>&lt;span data-mention=\"7\"&gt;</p>", 7));
});

test("the title has a short count", () => {
  assert.equal(countedTitle("Lobby · Chat", 0), "Lobby · Chat");
  assert.equal(countedTitle("Lobby · Chat", 3), "(3) Lobby · Chat");
  assert.equal(countedTitle("Lobby · Chat", 100), "(99+) Lobby · Chat");
});

test("names are matched without accents and case", () => {
  assert.equal(folded("Café SOCIÉTÉ"), "cafe societe");
  assert.equal(matchRank("Café société", "CAFE"), 0);
});

test("the start of a name ranks before that of a word, a part, and letters in order", () => {
  assert.equal(matchRank("Book club", "bo"), 0);
  assert.equal(matchRank("Book club", "clu"), 1);
  assert.equal(matchRank("Book club", "ook"), 2);
  assert.equal(matchRank("Book club", "bkcb"), 3);
  assert.equal(matchRank("Book club", "bz"), Infinity);
  assert.equal(matchRank("Book club", "  "), 0);
});
