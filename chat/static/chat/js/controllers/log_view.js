// Positions of messages in the scrolling box.

export class LogView {
  #box;
  #articles;

  constructor(root) {
    this.#box = root.querySelector("[data-scroll]");
    this.#articles = root.querySelector("[data-log]").getElementsByTagName("article");
  }

  // Pixels between the visible part and the end.
  get below() {
    return this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight;
  }

  topOf(article) {
    return article.getBoundingClientRect().top;
  }

  scrollBy(pixels) {
    // Setting scrollTop by less than a pixel has no effect but stops momentum scrolling.
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

  // The first message that is visible, at least in part.
  firstInView() {
    const { top } = this.#box.getBoundingClientRect();
    return this.#articles[this.#firstWith((rectangle) => rectangle.bottom > top)] ?? null;
  }

  // The last stored message whose end is visible, within one pixel.
  lastInView() {
    const { bottom } = this.#box.getBoundingClientRect();
    let last = this.#firstWith((rectangle) => rectangle.bottom > bottom + 1) - 1;
    while (last >= 0 && !this.#articles[last].dataset.seq) {
      last -= 1;
    }
    return this.#articles[last] ?? null;
  }

  // Binary search, because articles are in vertical order. The sticky day lines between them are not.
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
