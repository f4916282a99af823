// Autocomplete: the word at the caret, and its candidates.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isSame, mentionOf, peopleLike, wordAt } from "../../chat/static/chat/js/helpers/completion.js";
import { holdsShortcutKey, isComposing, opensActivity, shortcutName, submits } from "../../chat/static/chat/js/helpers/keys.js";
import { matchRank } from "../../chat/static/chat/js/helpers/matching.js";
import { namesSentence } from "../../chat/static/chat/js/helpers/text.js";

const at = (text) => wordAt(text, text.length);

test("an at sign starts the name of a person, which may have spaces", () => {
  assert.deepEqual(at("hi @ad"), { kind: "person", query: "ad", start: 3 });
  assert.deepEqual(at("(@Ada Lo"), { kind: "person", query: "Ada Lo", start: 1 });
  assert.deepEqual(at("@"), { kind: "person", query: "", start: 0 });
});

test("an at sign within a word, an address or an earlier line starts nothing", () => {
  for (const text of ["mail@ada", "https://a.example/@ada", "@@ada", "@ada\n", "hello"]) {
    assert.equal(at(text), null, text);
  }
});

test("a colon and two letters start an emoji, and a second colon ends it", () => {
  assert.deepEqual(at("so :sm"), { kind: "emoji", query: "sm", start: 3 });
  assert.deepEqual(at(":+1:"), { kind: "named", query: "+1", start: 0 });
  assert.equal(at("at 10:30"), null);
  assert.equal(at("so :s"), null);
});

test("letters of scripts without spaces may stand before a name or an emoji", () => {
  for (const text of ["你好@", "さくら@", "カー@", "안녕@", "สวัสดี@", "好的，@", "你好＠"]) {
    assert.deepEqual(at(`${text}ad`)?.query, "ad", text);
  }
  assert.deepEqual(at("你好:ta"), { kind: "emoji", query: "ta", start: 2 });
  assert.deepEqual(at("你好:tada:"), { kind: "named", query: "tada", start: 2 });
  for (const text of ["a@b", "é@b", "я@b", "1@b", "a:tada:", "a＠b", "@＠b"]) {
    assert.equal(at(text), null, text);
  }
});

test("a text too long to send is not searched for names", () => {
  assert.equal(at(`${"x ".repeat(500_000)}@ad`), null);
});

test("nothing is completed in code", () => {
  for (const text of ["`@ad", "```\n@ad", "a `b` `:sm"]) {
    assert.equal(at(text), null, text);
  }
  assert.equal(at("`a` @ad").query, "ad");
  assert.equal(at("```\na\n```\n@ad").query, "ad");
});

test("only text before the caret counts", () => {
  assert.equal(wordAt("@ada and bob", 3).query, "ad");
});

const people = ["Bob", "Ada Lovelace", "Lola", "ADA"].map((name, id) => ({ id, name }));
const names = (query) => peopleLike(people, query).map(({ name }) => name);

test("names that start with the query come before names with such a word", () => {
  assert.deepEqual(names("ad"), ["Ada Lovelace", "ADA"]);
  assert.deepEqual(names("lo"), ["Lola", "Ada Lovelace"]);
  assert.deepEqual(names("ada l"), ["Ada Lovelace"]);
  assert.deepEqual(peopleLike([{ name: "Ada-Marie" }], "marie").length, 1);
  assert.deepEqual(names("x"), []);
  assert.deepEqual(names(""), ["Bob", "Ada Lovelace", "Lola", "ADA"]);
});

test("a name that is the query comes first, also after a longer name of someone who wrote later", () => {
  const ranked = (list, query) => peopleLike(list.map((name) => ({ name })), query).map(({ name }) => name);
  assert.deepEqual(ranked(["Zeeland", "Zee"], "zee"), ["Zee", "Zeeland"]);
  assert.deepEqual(ranked(["Mo Zee", "Zeeland", "Zee"], "Zee"), ["Zee", "Zeeland", "Mo Zee"]);
  assert.deepEqual(ranked(["Josephine", "José", "jose"], "jose"), ["jose", "José", "Josephine"]);
});

test("names are found without their accents, case and width", () => {
  for (const [name, query] of [["José", "jose"], ["Zoë", "zoe"], ["Ёлка", "елка"], ["Οδυσσεύς", "ΟΔΥΣΣΕΥΣ"], ["Οδυσσεύς", "ΟΔΥΣ"], ["Straße", "strasse"], ["Ａｄａ", "ada"], ["İrem", "irem"], ["김철수", "김철"], ["Łukasz Ærø", "lukasz aero"]]) {
    assert.equal(peopleLike([{ name }], query).length, 1, query);
    assert.ok(matchRank(name, query) < 2, query);
  }
});

test("an inserted name is escaped for Markdown", () => {
  assert.equal(mentionOf("Ada Lovelace"), "@Ada Lovelace ");
  assert.equal(mentionOf("snake_case"), "@snake_case ");
  assert.equal(mentionOf("a\\b"), "@a\\b ");
  assert.equal(mentionOf("_a*b_"), "@\\_a\\*b\\_ ");
});

test("names are compared without case and width", () => {
  assert.ok(isSame("Ａda", "aDA"));
  assert.ok(!isSame("ada", "ad"));
  // The server mentions no one by a name without its accents.
  assert.ok(!isSame("José", "jose"));
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

test("Alt+A opens Activity, but types a letter in a text field of a Mac", () => {
  const press = (fields) => ({ code: "KeyA", altKey: true, ctrlKey: false, metaKey: false, shiftKey: false, ...fields });
  assert.ok(opensActivity(press(), false, false) && opensActivity(press(), true, false));
  assert.ok(opensActivity(press(), false, true) && !opensActivity(press(), true, true));
  for (const other of [{ code: "KeyQ" }, { altKey: false }, { ctrlKey: true }, { metaKey: true }, { shiftKey: true }]) {
    assert.ok(!opensActivity(press(other), false, false));
  }
});

test("shortcuts are held with Cmd on a Mac, where Ctrl moves the caret, and with Ctrl elsewhere", () => {
  const [ctrl, cmd] = [{ ctrlKey: true, metaKey: false }, { ctrlKey: false, metaKey: true }];
  assert.ok(holdsShortcutKey(ctrl, false) && !holdsShortcutKey(cmd, false));
  assert.ok(holdsShortcutKey(cmd, true) && !holdsShortcutKey(ctrl, true));
  // AltGr, which types characters.
  assert.ok(!holdsShortcutKey({ ...ctrl, altKey: true }, false));
  assert.equal(shortcutName("List (Ctrl+Shift+8)", true), "List (⌘⇧8)");
  assert.equal(shortcutName("List (Ctrl+Shift+8)", false), "List (Ctrl+Shift+8)");
});

test("names are joined to a sentence", () => {
  assert.equal(namesSentence(["ada"]), "ada");
  assert.equal(namesSentence(["ada", "you"]), "ada and you");
  assert.equal(namesSentence(["ada", "bob"], 3), "ada, bob and 1 other");
  assert.equal(namesSentence(["ada"], 9), "ada and 8 others");
  assert.equal(namesSentence([]), "");
});
