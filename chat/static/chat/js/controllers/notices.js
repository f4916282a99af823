// Shows a short notice at the bottom for a few seconds, such as a confirmation or a refusal.

const SHOWN_MS = 6_000;

export class Notices {
  #bar;
  #timer = 0;

  constructor(root) {
    this.#bar = root.querySelector("[data-notice]");
  }

  say(sentence) {
    clearTimeout(this.#timer);
    this.#bar.textContent = sentence;
    this.#timer = setTimeout(() => (this.#bar.textContent = ""), SHOWN_MS);
  }
}
