// Mentions of everyone, and of people outside of the room.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mentionsRoom, outsideSentence } from "../../chat/static/chat/js/helpers/mentions.js";
import { retryDelay } from "../../chat/static/chat/js/helpers/refusals.js";

test("@room is found as the server finds it", () => {
  const found = ["@room", "＠ROOM, hello", "well (@Room)", "@room.", "a\n@room"];
  const others = ["room", "@roommate", "@room-mate", "@room.example", "a@room", "@@room", "@here", "@broom", "x/@room"];
  assert.deepEqual(found.filter((text) => !mentionsRoom(text)), []);
  assert.deepEqual(others.filter((text) => mentionsRoom(text)), []);
});

test("the names of people outside are a sentence", () => {
  assert.equal(outsideSentence(["bob"]), "bob isn’t in this room.");
  assert.equal(outsideSentence(["bob", "carol"]), "bob and carol aren’t in this room.");
  assert.equal(outsideSentence(["bob", "carol", "dan"]), "bob, carol and dan aren’t in this room.");
  assert.equal(outsideSentence(["bob", "carol", "dan", "eve"]), "bob, carol and 2 others aren’t in this room.");
});

test("a refused command is sent again only if the wait is short", () => {
  assert.equal(retryDelay({ code: "rate_limited", retry_after: 0.2 }), 200);
  assert.equal(retryDelay({ code: "busy" }), 1000);
  assert.equal(retryDelay({ code: "rate_limited", retry_after: 299.5 }), null);
  assert.equal(retryDelay({ code: "muted", retry_after: 1 }), null);
});
