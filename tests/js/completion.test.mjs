// What is completed at the caret, and by whom it may be meant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isSame, mentionOf, peopleLike, wordAt } from "../../chat/static/chat/js/helpers/completion.js";
import { isComposing, submits } from "../../chat/static/chat/js/helpers/keys.js";
import { namesSentence } from "../../chat/static/chat/js/helpers/text.js";

const at = (text) => wordAt(text, text.length);

test("after an at sign people are meant, names with spaces too", () => {
  assert.deepEqual(at("hi @ad"), { kind: "person", query: "ad", start: 3 });
  assert.deepEqual(at("(@Ada Lo"), { kind: "person", query: "Ada Lo", start: 1 });
  assert.deepEqual(at("@"), { kind: "person", query: "", start: 0 });
});

test("not within an address or a word, nor beyond the line", () => {
  for (const text of ["mail@ada", "https://a.example/@ada", "@@ada", "@ada\n", "hello"]) {
    assert.equal(at(text), null, text);
  }
});

test("after a colon emoji are meant, from two letters on, and a second colon ends the name", () => {
  assert.deepEqual(at("so :sm"), { kind: "emoji", query: "sm", start: 3 });
  assert.deepEqual(at(":+1:"), { kind: "named", query: "+1", start: 0 });
  assert.equal(at("at 10:30"), null);
  assert.equal(at("so :s"), null);
});

test("in code nothing is completed", () => {
  for (const text of ["`@ad", "```\n@ad", "a `b` `:sm"]) {
    assert.equal(at(text), null, text);
  }
  assert.equal(at("`a` @ad").query, "ad");
  assert.equal(at("```\na\n```\n@ad").query, "ad");
});

test("only what stands before the caret counts", () => {
  assert.equal(wordAt("@ada and bob", 3).query, "ad");
});

const people = ["Bob", "Ada Lovelace", "Lola", "ADA"].map((name, id) => ({ id, name }));
const names = (query) => peopleLike(people, query).map(({ name }) => name);

test("names that begin so come before names with a word that does, each in the given order", () => {
  assert.deepEqual(names("ad"), ["Ada Lovelace", "ADA"]);
  assert.deepEqual(names("lo"), ["Lola", "Ada Lovelace"]);
  assert.deepEqual(names("ada l"), ["Ada Lovelace"]);
  assert.deepEqual(names("x"), []);
  assert.deepEqual(names(""), ["Bob", "Ada Lovelace", "Lola", "ADA"]);
});

test("a name is inserted so that Markdown leaves it alone", () => {
  assert.equal(mentionOf("Ada Lovelace"), "@Ada Lovelace ");
  assert.equal(mentionOf("snake_case"), "@snake_case ");
  assert.equal(mentionOf("_a*b_"), "@\\_a\\*b\\_ ");
});

test("names are the same whatever their case and width", () => {
  assert.ok(isSame("Ａda", "aDA"));
  assert.ok(!isSame("ada", "ad"));
});

test("Enter submits, unless it breaks the line or belongs to an input method", () => {
  const enter = (fields) => ({ key: "Enter", ...fields });
  assert.ok(submits(enter(), false));
  assert.ok(!submits(enter(), true));
  assert.ok(submits(enter({ ctrlKey: true }), true));
  assert.ok(!submits(enter({ shiftKey: true }), false));
  assert.ok(!submits(enter({ isComposing: true }), false));
  assert.ok(!submits(enter({ keyCode: 229, ctrlKey: true }), false));
  assert.ok(isComposing({ keyCode: 229 }));
});

test("people are told in a sentence", () => {
  assert.equal(namesSentence(["ada"]), "ada");
  assert.equal(namesSentence(["ada", "you"]), "ada and you");
  assert.equal(namesSentence(["ada", "bob"], 3), "ada, bob and 1 other");
  assert.equal(namesSentence(["ada"], 9), "ada and 8 others");
  assert.equal(namesSentence([]), "");
});
