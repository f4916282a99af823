// Loads the quotes of replies to messages that aren't on the page, when the reply becomes visible.

import { MessageView } from "./message_view.js";

const MARGIN = "200px 0px";

export class Quotes {
  #root;
  #log;
  #originals;
  #socket;
  #inView;
  #missed = new Set();

  constructor(root, { originals, socket }) {
    this.#root = root;
    this.#log = root.querySelector("[data-log]");
    this.#originals = originals;
    this.#socket = socket;
    this.#inView = new IntersectionObserver((entries) => entries.forEach((entry) => this.#onIntersection(entry)), {
      root: root.querySelector("[data-scroll]"),
      rootMargin: MARGIN,
    });
  }

  connect() {
    this.#watch(this.#log.children);
    const added = new MutationObserver((changes) => changes.forEach(({ addedNodes }) => this.#watch(addedNodes)));
    added.observe(this.#log, { childList: true });
    this.#socket.addEventListener("hello", () => {
      this.#watch(this.#missed);
      this.#missed.clear();
    });
    this.#originals.addEventListener("changed", ({ detail }) => this.#show(detail));
  }

  #watch(elements) {
    for (const element of elements) {
      if (element.dataset?.replyTo) {
        this.#inView.observe(element);
      }
    }
  }

  async #onIntersection({ isIntersecting, target }) {
    if (!isIntersecting) {
      return;
    }
    this.#inView.unobserve(target);
    const seq = Number(target.dataset.replyTo);
    if (this.#root.getElementById(String(seq))) {
      return;
    }
    try {
      const original = await this.#originals.get(seq);
      if (original) {
        this.#show(original);
      }
    } catch {
      // Offline: the quote still links to "An earlier message", and is loaded after the next reconnect.
      this.#missed.add(target);
    }
  }

  #show(original) {
    const replies = this.#log.querySelectorAll(`article[data-reply-to="${original.seq}"]`);
    if (replies.length) {
      const view = MessageView.create(this.#root);
      view.showMessage(original);
      replies.forEach((reply) => new MessageView(reply).showQuote(view));
    }
  }
}
