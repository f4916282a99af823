// The helpers, which are pure functions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, LONGEST_MS, SHORTEST_MS } from "../../chat/static/chat/js/helpers/backoff.js";
import { ago, dayName, localDay } from "../../chat/static/chat/js/helpers/dates.js";
import { initial, isolated, lengthOf, oneLine, plural, typingSentence } from "../../chat/static/chat/js/helpers/text.js";
import { uuid } from "../../chat/static/chat/js/helpers/uuid.js";

test("the delay is random, below a ceiling that doubles up to the longest", () => {
  assert.equal(backoff(0, () => 0), SHORTEST_MS);
  assert.equal(backoff(0, () => 1), 1_000);
  assert.equal(backoff(3, () => 1), 8_000);
  assert.equal(backoff(50, () => 1), LONGEST_MS);
  assert.equal(backoff(50, () => 0), SHORTEST_MS);
});

test("a UUID has version 4 without randomUUID, too", () => {
  const source = { getRandomValues: (bytes) => bytes.fill(255) };
  assert.equal(uuid(source), "ffffffff-ffff-4fff-bfff-ffffffffffff");
});

test("days are in the reader's time zone", () => {
  const now = new Date(2026, 2, 10, 0, 30);
  assert.equal(dayName(new Date(2026, 2, 10, 0, 5), now), "Today");
  assert.equal(dayName(new Date(2026, 2, 9, 23, 59), now), "Yesterday");
  assert.equal(localDay(new Date(2026, 2, 10)) - localDay(new Date(2026, 2, 9, 23)), 1);
});

test("elapsed times use the largest unit that fits", () => {
  const now = new Date(2026, 2, 10, 12);
  assert.equal(ago(new Date(now - 59_000), now), "just now");
  assert.equal(ago(new Date(now - 5 * 60_000), now), "5 minutes ago");
  assert.equal(ago(new Date(now - 3 * 3_600_000), now), "3 hours ago");
});

test("characters are counted as the server counts them", () => {
  assert.equal(lengthOf("a😀é"), 3);
});

test("an initial is a whole character", () => {
  assert.equal(initial("𝒶da"), "𝒶");
  assert.equal(initial("émile"), "É");
  assert.equal(initial(""), "·");
});

test("a quote is one line", () => {
  assert.equal(oneLine("a\n  b"), "a b");
  assert.equal(oneLine("abcdef", 4), "abc…");
});

test("typing people are named in a sentence", () => {
  assert.equal(typingSentence([]), "");
  assert.equal(typingSentence(["ada"]), "ada is typing…");
  assert.equal(typingSentence(["ada", "bob"]), "ada and bob are typing…");
  assert.equal(typingSentence(["a", "b", "c"]), "a, b and c are typing…");
  assert.equal(typingSentence(["ada", "דנה"]), "ada and \u2068דנה\u2069 are typing…");
  assert.equal(isolated("ada"), "ada");
  assert.equal(typingSentence(["a", "b", "c", "d"]), "Several people are typing…");
});

test("a count of one uses the singular", () => {
  assert.equal(plural(1, "new message"), "1 new message");
  assert.equal(plural(0, "character"), "0 characters");
});
