// The list of people who are online, and the button that shows the members of the room instead.

import { kindOf } from "../helpers/kinds.js";
import { createPerson, drawPerson } from "./person_item.js";

const NOT_LOADED = "Couldn’t load the members. Try again when you’re back online.";

export class PeopleList {
  #root;
  #drawer;
  #list;
  #counts;
  #rest;
  #roster;
  #you;
  #api;
  #notices;
  #members = null;
  #items = new Map();

  // `api` returns a promise of the RoomApi.
  constructor(root, { roster, you, api, notices }) {
    this.#root = root;
    this.#drawer = root.getElementById("people");
    this.#list = root.querySelector("[data-people]");
    this.#counts = root.querySelectorAll("[data-people-count]");
    this.#rest = root.querySelector("[data-people-more]");
    this.#roster = roster;
    this.#you = you;
    this.#api = api;
    this.#notices = notices;
  }

  connect() {
    this.#roster.addEventListener("people", () => this.#show());
    this.#drawer.addEventListener("click", ({ target }) => this.#choose(target.closest("[data-shows]")));
    this.#root.querySelector("[data-shows-members]").addEventListener("click", () => this.#openMembers());
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

  // Items are reused, because with hundreds of people the list changes all the time, and one may have the focus.
  #item(person) {
    const item = this.#items.get(person.id) ?? createPerson(this.#root);
    const isYou = person.id === this.#you.id;
    drawPerson(item, person, isYou ? "you" : kindOf(person));
    return item;
  }

  #choose(button) {
    if (button) {
      this.#showPart(button.dataset.shows);
    }
  }

  // From the room menu, which closes. On a narrow screen the list is in a drawer.
  async #openMembers() {
    this.#root.getElementById("room-menu").hidePopover();
    if (!this.#drawer.checkVisibility()) {
      this.#drawer.showPopover();
    }
    await this.#showPart("members");
    this.#root.querySelector("[data-members-search]").focus();
  }

  async #showPart(name) {
    this.#drawer.querySelectorAll("[data-part]").forEach((part) => (part.hidden = part.dataset.part !== name));
    this.#drawer.querySelectorAll("[data-shows]").forEach((it) => it.setAttribute("aria-pressed", it.dataset.shows === name));
    if (name === "members") {
      await this.#loadMembers();
    }
  }

  async #loadMembers() {
    try {
      const { MemberList } = await import("./member_list.js");
      this.#members ??= new MemberList(this.#root, { api: await this.#api(), roster: this.#roster, you: this.#you }).connect();
    } catch (error) {
      console.warn("Could not load the list of members.", error);
      this.#notices.say(NOT_LOADED);
      return;
    }
    this.#members.load();
  }
}
