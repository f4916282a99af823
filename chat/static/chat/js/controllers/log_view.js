// Where the messages stand in the box that scrolls.

import { articleFrom } from "./neighbours.js";

export class LogView {
  #box;
  #log;

  constructor(root) {
    this.#box = root.querySelector("[data-scroll]");
    this.#log = root.querySelector("[data-log]");
  }

  // Pixels between what is in view and the end.
  get below() {
    return this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight;
  }

  topOf(article) {
    return article.getBoundingClientRect().top;
  }

  scrollBy(pixels) {
    // A part of a pixel is lost anyway, and would end the momentum of a finger's push.
    if (Math.abs(pixels) >= 1) {
      this.#box.scrollTop += pixels;
    }
  }

  scrollToEnd() {
    this.#box.scrollTop = this.#box.scrollHeight;
  }

  scrollToStart() {
    this.#box.scrollTop = 0;
  }

  // The first message that is in view, if only with its end.
  firstInView() {
    const { top } = this.#box.getBoundingClientRect();
    return articleFrom(this.#firstChild((rectangle) => rectangle.bottom > top), "nextElementSibling");
  }

  // The last stored message of which everything but the blank below has come into view.
  lastInView() {
    const { bottom } = this.#box.getBoundingClientRect();
    const below = this.#firstChild((rectangle) => rectangle.bottom > bottom + 1);
    const last = below ? below.previousElementSibling : this.#log.lastElementChild;
    return articleFrom(last, "previousElementSibling", "article[data-seq]");
  }

  // By bisection: they stand one below the other.
  #firstChild(isIt) {
    const elements = this.#log.children;
    let low = 0;
    let high = elements.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isIt(elements[middle].getBoundingClientRect())) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return elements[low];
  }
}
