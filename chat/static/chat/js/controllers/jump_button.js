import { plural } from "../helpers/text.js";

// The button that jumps to the latest messages, with the number of new ones.

export class JumpButton {
  #button;
  #text;

  constructor(root) {
    this.#button = root.querySelector("[data-jump]");
    this.#text = root.querySelector("[data-jump-text]");
  }

  connect(jump) {
    this.#button.addEventListener("click", jump);
  }

  hide() {
    this.#button.hidden = true;
  }

  offer(unseen) {
    const text = unseen ? plural(unseen, "new message") : "Jump to latest";
    this.#button.hidden = false;
    // Called on every scroll, so set the text only if it differs.
    if (this.#text.textContent !== text) {
      this.#text.textContent = text;
    }
  }
}
