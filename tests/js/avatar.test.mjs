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

test("a picture covers the initial, and is drawn anew for another key", () => {
  globalThis.Image = class {};
  const added = [];
  const avatar = { dataset: {}, textContent: "", append: (it) => added.push(it.src) };
  drawAvatar(avatar, { id: 7, name: "ada", avatar: "k1" });
  drawAvatar(avatar, { id: 7, name: "ada" });
  drawAvatar(avatar, { id: 7, name: "ada", avatar: "k2" });
  assert.deepEqual([avatar.textContent, avatar.dataset.avatar, added], ["A", "k2", ["/avatars/k1.webp", "/avatars/k2.webp"]]);
});
