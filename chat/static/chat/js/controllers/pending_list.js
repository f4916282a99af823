// Shows the outbox at the end of the log: dimmed until it is stored, with Retry and Discard if it was refused.

import { Arrangement } from "./arrangement.js";
import { MessageView } from "./message_view.js";

export class PendingList {
  #root;
  #log;
  #outbox;
  #scroller;
  #you;
  #articles = new Map();
  #arrangement;

  constructor(root, { outbox, scroller, you }) {
    this.#root = root;
    this.#log = root.querySelector("[data-log]");
    this.#outbox = outbox;
    this.#scroller = scroller;
    this.#you = you;
    this.#arrangement = new Arrangement(root);
  }

  connect() {
    this.#outbox.addEventListener("added", ({ detail }) => this.#add(detail));
    this.#outbox.addEventListener("changed", ({ detail }) => this.#show(detail));
    this.#outbox.addEventListener("removed", ({ detail }) => this.#remove(detail));
    this.#log.addEventListener("click", (event) => this.#act(event.target));
    window.addEventListener("storage", (event) => {
      if (event.newValue === null) {
        this.#outbox.removedElsewhere(event.key);
      }
    });
  }

  // Return the pending article of this message, or null. The caller takes it over.
  take(message) {
    const article = message.author?.id === this.#you.id && this.#articles.get(message.client_id);
    if (!article) {
      return null;
    }
    this.#articles.delete(message.client_id);
    this.#outbox.drop(message.client_id);
    return article;
  }

  #add(entry) {
    const { article } = MessageView.create(this.#root);
    this.#articles.set(entry.client_id, article);
    this.#show(entry);
    this.#scroller.keep(() => {
      this.#log.append(article);
      this.#arrangement.arrange([article]);
    });
  }

  #show(entry) {
    const article = this.#articles.get(entry.client_id);
    if (article) {
      this.#scroller.keep(() => new MessageView(article).showEntry(entry, this.#you));
    }
  }

  #remove(entry) {
    const article = this.#articles.get(entry.client_id);
    if (article) {
      this.#articles.delete(entry.client_id);
      const after = article.nextElementSibling;
      article.remove();
      this.#arrangement.arrange(after ? [after] : []);
    }
  }

  #act(target) {
    const clientId = target.closest("article")?.dataset.clientId;
    if (target.matches("[data-retry]")) {
      this.#outbox.retry(clientId);
    } else if (target.matches("[data-discard]")) {
      this.#outbox.drop(clientId);
    }
  }
}
