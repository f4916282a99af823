// Previews the avatar while the profile form is filled in.

import { drawAvatar } from "../helpers/avatar.js";

export class ProfileForm {
  #form;
  #avatars;
  #personId;

  constructor(root) {
    this.#form = root.querySelector("[data-profile-form]");
    this.#avatars = root.querySelectorAll("[data-profile-form] .avatar");
    this.#personId = root.querySelector("[data-profile-avatar]").dataset.person;
  }

  connect() {
    this.#form.addEventListener("input", () => this.#show());
  }

  #show() {
    const name = this.#form.elements.name.value.trim();
    for (const element of this.#avatars) {
      const isPreview = "profileAvatar" in element.dataset;
      const { color, avatar } = element.dataset;
      const chosen = isPreview ? this.#form.elements.color.value : color;
      drawAvatar(element, { id: this.#personId, name, color: chosen, avatar });
    }
  }
}
