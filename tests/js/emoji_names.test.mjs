// Emoji by name, and recently used ones.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { keysUnder, remove } from "../../chat/static/chat/js/helpers/storage.js";
import { EmojiNames } from "../../chat/static/chat/js/models/emoji_names.js";
import { fakeFetch } from "./fakes.mjs";

const GROUPS = [
  { name: "Smileys", emoji: [["😀", "grinning_face", "grinning"], ["😺", "grinning_cat", "smiley_cat"]] },
  { name: "Animals", emoji: [["🐱", "cat_face", "cat"], ["🐈", "cat2"], ["🎓", "graduation_cap"], ["🦆", "duck"]] },
];

const names = () => new EmojiNames({ address: "/emoji/1.json", personId: 1 });

async function loaded(t) {
  fakeFetch(t, () => ({ groups: GROUPS }));
  const emoji = names();
  await emoji.load();
  return emoji;
}

const found = (emoji, query, limit) => emoji.search(query, limit).map(([symbol]) => symbol);

beforeEach(() => keysUnder("chat.").forEach(remove));

test("exact names come before beginnings, words and parts", async (t) => {
  const emoji = await loaded(t);
  assert.deepEqual(found(emoji, "cat"), ["🐱", "🐈", "😺"]);
  assert.deepEqual(found(emoji, "uck"), ["🦆"]);
  assert.deepEqual(found(emoji, "Grinning Face"), ["😀"]);
  assert.deepEqual(found(emoji, "cat", 1), ["🐱"]);
  assert.deepEqual(found(emoji, "nothing"), []);
});

test("a complete name is one emoji, in any case", async (t) => {
  const emoji = await loaded(t);
  assert.equal(emoji.named("CAT2"), "🐈");
  assert.equal(emoji.named("ca"), undefined);
});

test("the names are loaded once, and again after a failure", async (t) => {
  let answer;
  const asked = fakeFetch(t, () => answer);
  const emoji = names();
  await assert.rejects(emoji.load());
  answer = { groups: GROUPS };
  await Promise.all([emoji.load(), emoji.load()]);
  assert.equal(asked.length, 2);
});

test("recent emoji are listed once, newest first, up to a limit", () => {
  const emoji = names();
  for (let code = 0x1f400; code < 0x1f420; code += 1) {
    emoji.use(String.fromCodePoint(code));
  }
  emoji.use("🦆");
  emoji.use("🐱");
  emoji.use("🦆");
  assert.deepEqual(names().recent.slice(0, 2), ["🦆", "🐱"]);
  assert.equal(names().recent.length, 18);
});
