// The text of rendered messages, as it is copied.

import assert from "node:assert/strict";
import { test } from "node:test";
import { plainText } from "../../chat/static/chat/js/helpers/plain_text.js";

// Builds nodes from ["NAME", { attribute: value }?, …children]. A string is a text node.
function node(source, parentNode = null) {
  if (typeof source === "string") {
    return { nodeType: 3, nodeName: "#text", data: source, parentNode, childNodes: [] };
  }
  const [nodeName, ...rest] = source;
  const attributes = rest[0]?.constructor === Object ? rest.shift() : {};
  const element = { nodeType: 1, nodeName, parentNode, getAttribute: (name) => attributes[name] ?? null };
  element.childNodes = rest.map((child) => node(child, element));
  return element;
}

const body = (...children) => node(["DIV", ...children]);
const link = (text, href) => plainText(body(["P", ["A", { href }, text]]));

test("paragraphs, lines and marks become lines of text", () => {
  const message = body(["P", "one ", ["STRONG", "two"], ["BR"], "\nthree"], "\n", ["P", "four"], ["HR"]);
  assert.equal(plainText(message), "one two\nthree\n\nfour\n\n---");
});

test("lists keep their numbers, and quotes their marks", () => {
  const inner = ["UL", "\n", ["LI", "a"], "\n", ["LI", "b"]];
  assert.equal(plainText(body(["OL", { start: "9" }, ["LI", "tea", "\n", inner], ["LI", "cake"]])), "9. tea\n   - a\n   - b\n10. cake");
  assert.equal(plainText(body(["OL", ["LI", { value: "2" }, "tea"], ["LI", { value: "4" }, "cake"], ["LI", "x"]])), "2. tea\n4. cake\n5. x");
  assert.equal(plainText(body(["OL", { class: "parenthesis", start: "2" }, ["LI", "tea"]])), "2) tea");
  assert.equal(plainText(body(["BLOCKQUOTE", ["P", "one", ["BR"], "two"], ["P", "three"]])), "> one\n> two\n>\n> three");
  assert.equal(plainText(body(["OL", ["LI", ["P", "a"], ["P", "b"]]])), "1. a\n\n   b");
});

test("tables keep their cells, tasks their marks, and headings their line", () => {
  const cells = (kind, ...texts) => ["TR", "\n", ...texts.flatMap((text) => [[kind, text], "\n"])];
  const table = ["DIV", ["TABLE", "\n", ["THEAD", cells("TH", "a", "b")], "\n", ["TBODY", cells("TD", "1", "2")]]];
  assert.equal(plainText(body(["H3", "Costs"], "\n", table)), "Costs\n\na\tb\n1\t2");
  const task = (attributes, text) => ["LI", ["INPUT", attributes], text];
  assert.equal(plainText(body(["UL", task({}, " tea"), "\n", task({ checked: "" }, " cake")])), "- [ ] tea\n- [x] cake");
});

test("code keeps its spaces and lines, without the button that copies it", () => {
  const code = ["DIV", ["PRE", ["CODE", "if x:\n    y\n\nz\n"]], ["BUTTON", "Copy"]];
  assert.equal(plainText(body(["P", "See"], code)), "See\n\nif x:\n    y\n\nz");
  assert.equal(plainText(node(["PRE", ["CODE", "a\nb"]]).childNodes[0]), "a\nb");
});

test("an address is copied as it works, and a named link with its address", () => {
  assert.equal(link("http://example.com/a b", "http://example.com/a%20b"), "http://example.com/a%20b");
  assert.equal(link("http://example.com/я", "http://example.com/%D1%8F"), "http://example.com/%D1%8F");
  assert.equal(link("www.example.com", "http://www.example.com"), "www.example.com");
  assert.equal(link("ada@example.com", "mailto:ada@example.com"), "ada@example.com");
  assert.equal(link("the docs", "https://example.com/"), "the docs (https://example.com/)");
  assert.equal(link("Ada", "mailto:ada@example.com"), "Ada (ada@example.com)");
});

test("only the wanted part is taken", () => {
  const message = body(["OL", ["LI", "tea"], ["LI", "coffee"], ["LI", "cake"]], ["P", ["A", { href: "https://example.com/" }, "the docs"]]);
  const wanted = new Map([["coffee", "ffee"], ["cake", "cake"], ["the docs", "the"]]);
  assert.equal(plainText(message, ({ data }) => (data === undefined ? false : wanted.get(data) ?? "")), "2. ffee\n3. cake\n\nthe");
  assert.equal(plainText(message.childNodes[1].childNodes[0].childNodes[0]), "the docs (https://example.com/)");
  assert.equal(plainText(message.childNodes[0].childNodes[1].childNodes[0], () => "off"), "off");
});
