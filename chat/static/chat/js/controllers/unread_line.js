// The line above what is new to this person: over the first message that others wrote after the last one read, as long
// as the page holds that place. What comes while the page is open is no news below a line.

import { articleFrom, linesAbove } from "./neighbours.js";

export class UnreadLine {
  #root;
  #from;
  #to;
  #you;
  #line;

  // Somebody who is new here has read nothing, and to them nothing is newer than the rest.
  constructor(root, { read, timeline, you }) {
    this.#root = root;
    this.#from = read ? read + 1 : Infinity;
    this.#to = timeline.end;
    this.#you = you;
    this.#line = root.querySelector("[data-log] > .unread");
  }

  // From this place on everything is unread again.
  moveTo(seq, end) {
    this.#from = seq;
    this.#to = end;
    this.show();
  }

  // The message that the line moved to or away from, if it moved, to be put in order with its neighbours.
  show() {
    const first = this.#firstUnread();
    const stoodOver = this.#line?.isConnected ? articleFrom(this.#line, "nextElementSibling") : null;
    if (first === stoodOver && (!first || linesAbove(first)[0] === this.#line)) {
      return [];
    }
    this.#line?.remove();
    if (first) {
      this.#line ??= this.#root.getElementById("unread-template").content.firstElementChild.cloneNode(true);
      first.before(this.#line);
    }
    return [first, stoodOver].filter((article) => article?.isConnected);
  }

  #firstUnread() {
    let article = this.#root.getElementById(String(this.#from));
    while (article && article.dataset.author === String(this.#you.id)) {
      article = articleFrom(article.nextElementSibling, "nextElementSibling", "article[data-seq]");
    }
    return article && Number(article.dataset.seq) <= this.#to ? article : null;
  }
}
