// Draws avatars: a person's picture, or else their initial on the colour they chose or one derived from their id.

import { initial } from "./text.js";

export function drawAvatar(element, { id, name, color, avatar }) {
  element.textContent = initial(name);
  element.dataset.person = id ?? "";
  element.dataset.color = color ?? "";
  element.dataset.avatar = avatar ?? "";
  if (avatar) {
    const picture = Object.assign(new Image(), { alt: "", loading: "lazy", src: `/avatars/${avatar}.webp` });
    element.append(picture);
  }
}

// Draw the avatar of the only person in a direct conversation, or how many there are.
export function drawCircle(avatar, people) {
  drawAvatar(avatar, people.length === 1 ? people[0] : { name: "" });
  if (people.length > 1) {
    avatar.textContent = people.length;
  }
}
