// The members of the room: a search, and pages by name. In each page the people who are online come first.

import { kindOf } from "../helpers/kinds.js";
import { createPerson, drawPerson } from "./person_item.js";

const TYPING_MS = 250;

export class MemberList {
  #root;
  #search;
  #list;
  #note;
  #next;
  #api;
  #roster;
  #you;
  #timer = 0;
  #asked = 0; // counts the requests, so that only the newest answer is shown
  #lastId = 0;

  constructor(root, { api, roster, you }) {
    this.#root = root;
    this.#search = root.querySelector("[data-members-search]");
    this.#list = root.querySelector("[data-members]");
    this.#note = root.querySelector("[data-members-note]");
    this.#next = root.querySelector("[data-members-next]");
    this.#api = api;
    this.#roster = roster;
    this.#you = you;
  }

  connect() {
    this.#search.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.load(), TYPING_MS);
    });
    this.#next.addEventListener("click", () => this.#loadMore());
    this.#roster.addEventListener("people", () => this.#mark());
    return this;
  }

  // Load the first page of members with the name in the search field.
  load() {
    return this.#load(0);
  }

  // The focus goes to the first person of the new page, because the button may disappear.
  async #loadMore() {
    const shown = this.#list.childElementCount;
    await this.#load(this.#lastId);
    this.#list.children[shown]?.querySelector("button").focus();
  }

  async #load(after) {
    const number = (this.#asked += 1);
    const query = this.#search.value.trim();
    let page;
    try {
      page = await this.#api.members({ query, after });
    } catch (refusal) {
      page = { members: [], more: false, refusal };
    }
    if (number === this.#asked) {
      this.#show(page, after, query);
    }
  }

  #show({ members, more, count, refusal }, after, query) {
    const online = this.#onlineIds();
    const isOnline = ({ person }) => online.has(person.id);
    const ordered = [...members.filter(isOnline), ...members.filter((member) => !isOnline(member))];
    const items = ordered.map((member) => this.#item(member));
    this.#list.replaceChildren(...(after ? this.#list.children : []), ...items);
    this.#lastId = members.at(-1)?.person.id ?? this.#lastId;
    this.#next.hidden = !more;
    this.#note.textContent = refusal?.message ?? (query && !this.#list.childElementCount ? "No one found" : total(count));
    this.#mark();
  }

  #item({ person, role }) {
    const item = createPerson(this.#root);
    item.dataset.memberId = person.id;
    const kind = person.bot || role === "member" ? kindOf(person) : role;
    drawPerson(item, person, person.id === this.#you.id ? "you" : kind);
    return item;
  }

  #mark() {
    const online = this.#onlineIds();
    for (const item of this.#list.children) {
      item.toggleAttribute("data-online", online.has(Number(item.dataset.memberId)));
    }
  }

  #onlineIds() {
    return new Set(this.#roster.people.map(({ id }) => id));
  }
}

function total(count) {
  return count === 1 ? "1 member" : `${count} members`;
}
