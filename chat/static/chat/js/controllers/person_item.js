// A person in a list: a button that opens their card, and a tag.

import { drawAvatar } from "../helpers/avatar.js";

export function createPerson(root) {
  return root.getElementById("person-template").content.firstElementChild.cloneNode(true);
}

// `label`: the text of the tag, if any.
export function drawPerson(item, { id, name, color, avatar }, label) {
  drawAvatar(item.querySelector("[data-avatar]"), { id, name, color, avatar });
  item.querySelector("[data-name]").textContent = item.title = name;
  const tag = item.querySelector("[data-tag]");
  tag.textContent = label || "";
  tag.hidden = !label;
}
