// Removes pictures of people that cannot be loaded, such as those that were replaced since. Their initials are below.

const PICTURES = ".avatar img";

export class BrokenAvatars {
  #root;

  constructor(root) {
    this.#root = root;
  }

  connect() {
    this.#root.addEventListener("error", ({ target }) => target.matches?.(PICTURES) && target.remove(), true);
    for (const picture of this.#root.querySelectorAll(PICTURES)) {
      if (picture.complete && !picture.naturalWidth) {
        picture.remove();
      }
    }
  }
}
