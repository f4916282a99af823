// When someone changes their name, colour or picture: updates their messages, quotes of these, and the user's account button.

import { drawAvatar } from "../helpers/avatar.js";

export class AuthorNames {
  #root;
  #log;
  #roster;
  #known = null; // what the roster last said of each person, by id

  constructor(root, roster) {
    this.#root = root;
    this.#log = root.querySelector("[data-log]");
    this.#roster = roster;
  }

  // The roster is slightly delayed, so what it says may be older than the names that the page was rendered with. Only a
  // change of it counts: a person whose account was deleted may still be in the roster for a moment.
  connect() {
    this.#roster.addEventListener("people", () => {
      const people = new Map(this.#roster.people.map((person) => [String(person.id), person]));
      if (this.#known) {
        this.#show(new Map([...people].filter(([id, person]) => !isSame(person, this.#known.get(id)))));
      }
      this.#known = people;
    });
  }

  #show(people) {
    if (!people.size) {
      return;
    }
    for (const element of this.#root.querySelectorAll("[data-log] > article, [data-account]")) {
      const person = people.get(element.dataset.author);
      if (person && !isShown(element, person)) {
        this.#showOn(element, person);
      }
    }
  }

  #showOn(element, { id, name, color, avatar }) {
    drawAvatar(element.querySelector("[data-avatar]"), { id, name, color, avatar });
    element.querySelector("[data-author-name]").textContent = name;
    const replies = this.#log.querySelectorAll(`article[data-reply-to="${element.dataset.seq}"] [data-quote-author]`);
    replies.forEach((quote) => (quote.textContent = name));
  }
}

function isShown(element, { name, color, avatar }) {
  const shown = element.querySelector("[data-avatar]").dataset;
  const looks = (shown.color ?? "") === String(color ?? "") && (shown.avatar ?? "") === (avatar ?? "");
  return looks && element.querySelector("[data-author-name]").textContent === name;
}

function isSame(person, before) {
  return ["name", "color", "avatar"].every((field) => before?.[field] === person[field]);
}
