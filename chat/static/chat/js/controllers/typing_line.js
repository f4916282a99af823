// The line that says who is typing.

import { typingSentence } from "../helpers/text.js";

export class TypingLine {
  #line;
  #roster;

  constructor(root, roster) {
    this.#line = root.querySelector("[data-typing]");
    this.#roster = roster;
  }

  connect() {
    this.#roster.addEventListener("typing", () => this.#show());
  }

  #show() {
    if (this.#line) {
      this.#line.textContent = typingSentence(this.#roster.typing.map(({ name }) => name));
    }
  }
}
