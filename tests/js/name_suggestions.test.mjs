// Names that a field suggests while one types.

import assert from "node:assert/strict";
import { test } from "node:test";
import { NameSuggestions } from "../../chat/static/chat/js/controllers/name_suggestions.js";

globalThis.Option = class {
  constructor(text) {
    this.text = text;
  }
};

function start(find) {
  const field = new EventTarget();
  let shown = [];
  field.list = { replaceChildren: (...options) => (shown = options.map(({ text }) => text)) };
  new NameSuggestions(field, { find }).connect();
  const type = async (value) => {
    field.value = value;
    field.dispatchEvent(new Event("input"));
    await new Promise(setImmediate);
    return shown;
  };
  return type;
}

test("the people whom the server finds are suggested, and no one for an empty field", async () => {
  const asked = [];
  const type = start(async (query) => {
    asked.push(query);
    return { people: [{ name: "ada" }, { name: "adam" }] };
  });
  assert.deepEqual(await type(" ad "), ["ada", "adam"]);
  assert.deepEqual(await type(" "), []);
  assert.deepEqual(asked, ["ad"]);
});

test("without an answer the suggestions stay as they are", async (t) => {
  t.mock.method(console, "warn", () => {});
  let isAway = false;
  const type = start(async () => (isAway ? Promise.reject(new Error("away")) : { people: [{ name: "ada" }] }));
  await type("a");
  isAway = true;
  assert.deepEqual(await type("ad"), ["ada"]);
});
