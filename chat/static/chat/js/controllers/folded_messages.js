// Folds the messages of people whom the user has blocked. Each can be shown.

import { MessageView } from "./message_view.js";

export class FoldedMessages {
  #root;
  #log;

  constructor(root, { blocked = [] }) {
    this.#root = root;
    this.#log = root.querySelector("[data-log]");
    MessageView.blocked = new Set(blocked);
  }

  connect() {
    this.#log.addEventListener("click", ({ target }) => target.closest("[data-unfold]") && this.#unfold(target.closest("article")));
    // What the card of a person did.
    this.#root.addEventListener("block", ({ detail }) => this.#fold(detail));
  }

  #fold({ id, on }) {
    MessageView.blocked[on ? "add" : "delete"](id);
    for (const article of this.#log.querySelectorAll(`:scope > article[data-author="${id}"]`)) {
      delete article.dataset.unfolded;
      this.#redraw(article);
    }
  }

  #unfold(article) {
    article.dataset.unfolded = "";
    this.#redraw(article);
    article.focus();
  }

  #redraw(article) {
    const view = new MessageView(article);
    view.fold();
    const replies = this.#log.querySelectorAll(`article[data-reply-to="${view.seq}"]`);
    replies.forEach((reply) => new MessageView(reply).showQuote(view));
  }
}
