// One sentence above the conversation that somebody has to know now, until they have seen it.

export class Notice {
  #notice;
  #text;
  #close;
  #box;

  constructor(root) {
    this.#notice = root.querySelector("[data-notice]");
    this.#text = root.querySelector("[data-notice-text]");
    this.#close = root.querySelector("[data-notice-close]");
    this.#box = root.querySelector("[data-scroll]");
  }

  connect() {
    this.#close.addEventListener("click", () => {
      this.hide();
      this.#box.focus({ preventScroll: true });
    });
  }

  show(sentence) {
    this.#notice.hidden = false;
    this.#text.textContent = sentence;
  }

  hide() {
    this.#notice.hidden = true;
    this.#text.textContent = "";
  }
}
