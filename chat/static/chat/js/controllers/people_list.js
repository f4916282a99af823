// The list of people who are online.

import { drawAvatar } from "../helpers/avatar.js";

export class PeopleList {
  #root;
  #list;
  #counts;
  #rest;
  #roster;
  #you;
  #superiors;
  #items = new Map();

  constructor(root, { roster, you, superiors }) {
    this.#root = root;
    this.#list = root.querySelector("[data-people]");
    this.#counts = root.querySelectorAll("[data-people-count]");
    this.#rest = root.querySelector("[data-people-more]");
    this.#roster = roster;
    this.#you = you;
    this.#superiors = superiors;
  }

  connect() {
    this.#roster.addEventListener("people", () => this.#show());
    this.#superiors.addEventListener("changed", () => this.#show());
  }

  #show() {
    const { people, count } = this.#roster;
    const unlisted = count - people.length;
    this.#items = new Map(people.map((person) => [person.id, this.#item(person)]));
    this.#list.replaceChildren(...this.#items.values());
    this.#counts.forEach((element) => (element.textContent = count));
    this.#rest.hidden = unlisted <= 0;
    this.#rest.textContent = `and ${unlisted} more`;
  }

  // Items are reused, because with hundreds of people the list changes all the time.
  #item({ id, name, guest, color }) {
    const item = this.#items.get(id) ?? this.#create();
    drawAvatar(item.querySelector("[data-avatar]"), { id, name, color });
    item.querySelector("[data-name]").textContent = item.title = name;
    const tag = item.querySelector("[data-tag]");
    tag.textContent = id === this.#you.id ? "you" : "guest";
    tag.hidden = id !== this.#you.id && !guest;
    this.#showButton(item, { id, name });
    return item;
  }

  // Only a moderator's page has the button. It is shown for people with a lower role, as the server refuses the others.
  #showButton(item, { id, name }) {
    const button = item.querySelector("[data-moderate]");
    if (button) {
      button.dataset.moderate = id;
      button.setAttribute("aria-label", `Moderate ${name}`);
      button.hidden = !this.#superiors.canModerate(id);
    }
  }

  #create() {
    return this.#root.getElementById("person-template").content.firstElementChild.cloneNode(true);
  }
}
