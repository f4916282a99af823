// The commands that a message may begin with. The terminal client runs the same table.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readCommand } from "../../chat/static/chat/js/helpers/slash_commands.js";

const TABLE = JSON.parse(readFileSync(new URL("../slash_commands.json", import.meta.url)));

test("a typed text becomes the same message as in the terminal client", () => {
  for (const [typed, body] of TABLE) {
    assert.equal(readCommand(typed).body ?? null, body, typed);
  }
});

test("a command that is unknown or incomplete is explained", () => {
  assert.match(readCommand("/hlep me").problem, /no command \/hlep.*\/me and \/shrug.*\/\//u);
  assert.match(readCommand("/me").problem, /\/me waves/u);
});
