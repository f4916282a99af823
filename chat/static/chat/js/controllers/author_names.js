// Somebody has another name now: all of their messages on the page say so, and the lines that quote them.

import { initial } from "../helpers/text.js";

export class AuthorNames {
  #log;
  #roster;

  constructor(root, roster) {
    this.#log = root.querySelector("[data-log]");
    this.#roster = roster;
  }

  connect() {
    this.#roster.addEventListener("people", () => this.#show());
  }

  #show() {
    const people = new Map(this.#roster.people.map((person) => [String(person.id), person]));
    for (const article of this.#log.querySelectorAll("article")) {
      const person = people.get(article.dataset.author);
      if (person && article.querySelector("[data-author-name]").textContent !== person.name) {
        this.#rename(article, person);
      }
    }
  }

  #rename(article, { name }) {
    article.querySelector("[data-author-name]").textContent = name;
    article.querySelector("[data-avatar]").textContent = initial(name);
    const replies = this.#log.querySelectorAll(`article[data-reply-to="${article.dataset.seq}"] [data-quote-author]`);
    replies.forEach((quote) => (quote.textContent = name));
  }
}
