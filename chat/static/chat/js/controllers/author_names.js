// Somebody has another name or colour now: all of their messages on the page show it, the lines that quote them, and
// for oneself the button of the account.

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

  // Who is here is told a moment late. The names that came with the page are newer than the first it hears of.
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
