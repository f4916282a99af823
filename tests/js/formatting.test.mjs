// Formatting of the selection. In these texts | is the caret or an end of the selection.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as formats from "../../chat/static/chat/js/helpers/formatting.js";

function formatted(name, marked) {
  const [before, chosen, after] = marked.split("|").length === 3 ? marked.split("|") : [marked.split("|")[0], "", marked.split("|")[1]];
  const text = before + chosen + after;
  const change = formats[name](text, before.length, before.length + chosen.length);
  const result = text.slice(0, change.start) + change.text + text.slice(change.end);
  const [from, to] = change.select;
  return from === to ? `${result.slice(0, from)}|${result.slice(from)}` : `${result.slice(0, from)}|${result.slice(from, to)}|${result.slice(to)}`;
}

function check(name, pairs) {
  for (const [before, after] of pairs) {
    assert.equal(formatted(name, before), after, before);
  }
}

test("marks surround the words of the selection, and a second time they are removed", () => {
  check("bold", [
    ["so |good| it is", "so **|good|** it is"],
    ["so **|good|** it is", "so |good| it is"],
    ["so |**good**| it is", "so |good| it is"],
    ["so| good |it is", "so **|good|** it is"],
    ["|", "**|**"],
    ["**|**", "|"],
    ["|👨‍👩‍👧|", "**|👨‍👩‍👧|**"],
    ["|- a\n- b c\n\n1. d|", "|- **a**\n- **b c**\n\n1. **d**|"],
  ]);
});

test("italic uses underscores, and asterisks within a word", () => {
  check("italic", [
    ["so |good|", "so _|good|_"],
    ["so _|good|_", "so |good|"],
    ["un|believ|able", "un*|believ|*able"],
    ["un*|believ|*able", "un|believ|able"],
    ["他|说|的", "他*|说|*的"],
  ]);
});

test("code is marked with more backticks than it has, and several lines are a block", () => {
  check("code", [
    ["|x|", "`|x|`"],
    ["`|x|`", "|x|"],
    ["|`x`|", "|x|"],
    ["|a`b|", "``|a`b|``"],
    ["|`b|", "`` |`b| ``"],
    ["x\n|a\n  b|\ny", "x\n|```\na\n  b\n```|\ny"],
    ["|```\na\n  b\n```|", "|a\n  b|"],
    ["|a\n```\nb|", "|````\na\n```\nb\n````|"],
  ]);
});

test("a list has the whole lines of the selection", () => {
  check("list", [
    ["milk|", "- milk|"],
    ["- mi|lk", "mi|lk"],
    ["|", "- |"],
    ["\n|", "\n- |"],
    ["buy:\nmi|lk\n\nbr|ead", "buy:\n|- milk\n\n- bread|"],
    ["|- a\n  - b|", "|a\n  b|"],
  ]);
});

test("a link selects the part that is missing", () => {
  check("link", [
    ["see |the docs|.", "see [the docs](|https://|)."],
    ["see |https://example.org/a|", "see [|](https://example.org/a)"],
    ["see |", "see [|text|](https://)"],
  ]);
});

test("a mention begins where a name is recognised", () => {
  check("mention", [
    ["|", "@|"],
    ["hi|", "hi @|"],
    ["hi |", "hi @|"],
    ["你好|", "你好@|"],
    ["hi |Ada|", "hi @Ada|"],
  ]);
});
