// Where the messages stand in the box that scrolls.

export class LogView {
  #box;
  #articles;

  constructor(root) {
    this.#box = root.querySelector("[data-scroll]");
    this.#articles = root.querySelector("[data-log]").getElementsByTagName("article");
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
    return this.#articles[this.#firstWith((rectangle) => rectangle.bottom > top)] ?? null;
  }

  // The last stored message of which everything has come into view, but for a part of a pixel.
  lastInView() {
    const { bottom } = this.#box.getBoundingClientRect();
    let last = this.#firstWith((rectangle) => rectangle.bottom > bottom + 1) - 1;
    while (last >= 0 && !this.#articles[last].dataset.seq) {
      last -= 1;
    }
    return this.#articles[last] ?? null;
  }

  // By bisection: they stand one below the other. Not so the lines between them, which stick to the top.
  #firstWith(isIt) {
    let low = 0;
    let high = this.#articles.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isIt(this.#articles[middle].getBoundingClientRect())) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
