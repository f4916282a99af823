// Draw an avatar: the person's initial on the colour they chose, or on a colour derived from their id.

import { initial } from "./text.js";

export function drawAvatar(avatar, { id, name, color }) {
  avatar.textContent = initial(name);
  avatar.dataset.person = id ?? "";
  avatar.dataset.color = color ?? "";
}
