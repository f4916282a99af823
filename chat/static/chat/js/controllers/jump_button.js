// The way to the newest messages for somebody who is elsewhere, with how many of them are new.

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
    const text = unseen ? `Jump to newest, ${unseen} new` : "Jump to newest";
    this.#button.hidden = false;
    // Told with every scrolling, and only sometimes new.
    if (this.#text.textContent !== text) {
      this.#text.textContent = text;
    }
  }
}
