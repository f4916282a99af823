// The "New" line above the first message of others after the last one read. Messages that arrive get none.

import { articleFrom, linesAbove } from "./adjacency.js";

export class UnreadLine {
  #root;
  #from;
  #to;
  #you;
  #line;

  // Someone who has read nothing yet gets no line.
  constructor(root, { read, timeline, you }) {
    this.#root = root;
    this.#from = read ? read + 1 : Infinity;
    this.#to = timeline.end;
    this.#you = you;
    this.#line = root.querySelector("[data-log] > .unread");
  }

  // Everything from this sequence number on is unread again.
  moveTo(seq, end) {
    this.#from = seq;
    this.#to = end;
    this.show();
  }

  // Return the messages that the line moved to and from, whose arrangement must be updated.
  show() {
    const first = this.#firstUnread();
    const previous = this.#line?.isConnected ? articleFrom(this.#line, "nextElementSibling") : null;
    if (first === previous && (!first || linesAbove(first)[0] === this.#line)) {
      return [];
    }
    this.#line?.remove();
    if (first) {
      this.#line ??= this.#root.getElementById("unread-template").content.firstElementChild.cloneNode(true);
      first.before(this.#line);
    }
    return [first, previous].filter((article) => article?.isConnected);
  }

  #firstUnread() {
    let article = this.#root.getElementById(String(this.#from));
    while (article && article.dataset.author === String(this.#you.id)) {
      article = articleFrom(article.nextElementSibling, "nextElementSibling", "article[data-seq]");
    }
    return article && Number(article.dataset.seq) <= this.#to ? article : null;
  }
}
