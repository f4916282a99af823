// Avatars.

import assert from "node:assert/strict";
import { test } from "node:test";
import { drawAvatar } from "../../chat/static/chat/js/helpers/avatar.js";

const drawn = (person) => {
  const avatar = { dataset: { person: "9", color: "9" }, textContent: "X" };
  drawAvatar(avatar, person);
  return [avatar.textContent, avatar.dataset.person, avatar.dataset.color];
};

test("an avatar has the person's initial and their colour, the first one too", () => {
  assert.deepEqual(drawn({ id: 7, name: "ada", color: 0 }), ["A", 7, 0]);
});

test("without a choice the colour follows from the id, and the site itself has none", () => {
  assert.deepEqual(drawn({ id: 7, name: "ada" }), ["A", 7, ""]);
  assert.deepEqual(drawn({ name: "Chat" }), ["C", "", ""]);
});
