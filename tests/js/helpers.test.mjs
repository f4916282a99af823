// The helpers, which are pure functions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, LONGEST_IN_VIEW_MS, LONGEST_MS, SHORTEST_MS } from "../../chat/static/chat/js/helpers/backoff.js";
import { ago, dayName, localDay } from "../../chat/static/chat/js/helpers/dates.js";
import { initial, isBlank, isolated, lengthOf, oneLine, plural, typingSentence, withDraft } from "../../chat/static/chat/js/helpers/text.js";
import { uuid } from "../../chat/static/chat/js/helpers/uuid.js";

test("the delay is random, below a ceiling that doubles up to the longest", () => {
  const [shortest, longest] = [() => 0, () => 1];
  assert.equal(backoff(0, { random: shortest }), SHORTEST_MS);
  assert.equal(backoff(0, { random: longest }), 1_000);
  assert.equal(backoff(3, { random: longest }), 8_000);
  assert.equal(backoff(50, { random: longest }), LONGEST_MS);
  assert.equal(backoff(50, { random: shortest }), SHORTEST_MS);
  assert.equal(backoff(50, { longest: LONGEST_IN_VIEW_MS, random: longest }), LONGEST_IN_VIEW_MS);
});

// A generator of pseudorandom numbers from 0 to 1 (Park and Miller).
function numbers(seed = 42) {
  return () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
}

test("10,000 pages in view are back within five seconds of a long outage, spread over that time", () => {
  const random = numbers();
  const outageMs = 25_000;
  const returns = Array.from({ length: 10_000 }, () => {
    let at = 0;
    for (let attempt = 0; at < outageMs; attempt += 1) {
      at += backoff(attempt, { longest: LONGEST_IN_VIEW_MS, random });
    }
    return at - outageMs;
  });
  const perTenth = Array(50).fill(0);
  returns.forEach((at) => (perTenth[Math.floor(at / 100)] += 1));
  assert.ok(Math.max(...returns) < 5_000);
  // A worker admits 1,100 to 2,600 clients a second, and lets 5,000 wait.
  assert.ok(Math.max(...perTenth) < 500, `${Math.max(...perTenth)} in a tenth of a second`);
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
  assert.equal(lengthOf("👨‍👩‍👧"), 5);
  assert.equal(lengthOf("\ud800a"), 2);
  assert.equal(lengthOf(""), 0);
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
  assert.equal(plural(1_000, "character"), "1,000 characters");
});

test("a text without anything to see is blank", () => {
  for (const text of ["", " \n\t", "\u200b", "\u2060\u3164", "\u2800", "\u0301", "\u00ad\ufeff", "\u202e"]) {
    assert.ok(isBlank(text), JSON.stringify(text));
  }
  for (const text of [".", "👍", "❤️", "e\u0301", "\u200bש", "ㅤa"]) {
    assert.ok(!isBlank(text), text);
  }
});

test("what was typed before a draft was restored comes after it", () => {
  assert.equal(withDraft("", "early"), "early");
  assert.equal(withDraft("draft", ""), "draft");
  assert.equal(withDraft("draft", "early"), "draft\nearly");
  assert.equal(withDraft("same", "same"), "same");
});
