// When someone changes their name or colour, updates their messages on the page, the quotes of these messages, and the
// user's own account button.

import { drawAvatar } from "../helpers/avatar.js";

export class AuthorNames {
  #root;
  #log;
  #roster;
  #isFresh = true;

  constructor(root, roster) {
    this.#root = root;
    this.#log = root.querySelector("[data-log]");
    this.#roster = roster;
  }

  // The roster is slightly delayed, so its first event may be older than the names that the page was rendered with.
  connect() {
    this.#roster.addEventListener("people", () => {
      if (!this.#isFresh) {
        this.#show();
      }
      this.#isFresh = false;
    });
  }

  #show() {
    const people = new Map(this.#roster.people.map((person) => [String(person.id), person]));
    for (const place of this.#root.querySelectorAll("[data-log] > article, [data-account]")) {
      const person = people.get(place.dataset.author);
      if (person && !isShown(place, person)) {
        this.#showOn(place, person);
      }
    }
  }

  #showOn(place, { id, name, color }) {
    drawAvatar(place.querySelector("[data-avatar]"), { id, name, color });
    place.querySelector("[data-author-name]").textContent = name;
    const replies = this.#log.querySelectorAll(`article[data-reply-to="${place.dataset.seq}"] [data-quote-author]`);
    replies.forEach((quote) => (quote.textContent = name));
  }
}

function isShown(place, { name, color }) {
  const shownColor = place.querySelector("[data-avatar]").dataset.color ?? "";
  return place.querySelector("[data-author-name]").textContent === name && shownColor === String(color ?? "");
}
