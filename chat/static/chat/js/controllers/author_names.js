// When someone changes their name or colour: updates their messages, quotes of these, and the user's account button.

import { drawAvatar } from "../helpers/avatar.js";

export class AuthorNames {
  #root;
  #log;
  #roster;
  #isFirst = true;

  constructor(root, roster) {
    this.#root = root;
    this.#log = root.querySelector("[data-log]");
    this.#roster = roster;
  }

  // The roster is slightly delayed, so its first event may be older than the names that the page was rendered with.
  connect() {
    this.#roster.addEventListener("people", () => {
      if (!this.#isFirst) {
        this.#show();
      }
      this.#isFirst = false;
    });
  }

  #show() {
    const people = new Map(this.#roster.people.map((person) => [String(person.id), person]));
    for (const element of this.#root.querySelectorAll("[data-log] > article, [data-account]")) {
      const person = people.get(element.dataset.author);
      if (person && !isShown(element, person)) {
        this.#showOn(element, person);
      }
    }
  }

  #showOn(element, { id, name, color }) {
    drawAvatar(element.querySelector("[data-avatar]"), { id, name, color });
    element.querySelector("[data-author-name]").textContent = name;
    const replies = this.#log.querySelectorAll(`article[data-reply-to="${element.dataset.seq}"] [data-quote-author]`);
    replies.forEach((quote) => (quote.textContent = name));
  }
}

function isShown(element, { name, color }) {
  const shownColor = element.querySelector("[data-avatar]").dataset.color ?? "";
  return element.querySelector("[data-author-name]").textContent === name && shownColor === String(color ?? "");
}
