// A person without a picture: their initial, on the colour they chose or else on one that follows from their id.

import { initial } from "./text.js";

export function drawAvatar(avatar, { id, name, color }) {
  avatar.textContent = initial(name);
  avatar.dataset.person = id ?? "";
  avatar.dataset.color = color ?? "";
}
