// Draws avatars: a person's initial on the colour they chose, or on a colour derived from their id.

import { initial } from "./text.js";

export function drawAvatar(avatar, { id, name, color }) {
  avatar.textContent = initial(name);
  avatar.dataset.person = id ?? "";
  avatar.dataset.color = color ?? "";
}

// Draw the avatar of the only person in a direct conversation, or how many there are.
export function drawCircle(avatar, people) {
  drawAvatar(avatar, people.length === 1 ? people[0] : { name: "" });
  if (people.length > 1) {
    avatar.textContent = people.length;
  }
}
