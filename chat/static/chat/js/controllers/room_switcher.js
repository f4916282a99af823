// The dialog that finds a room or a person by name: a combobox with list autocomplete (WAI-ARIA). A person leads to the
// direct conversation with them.

import { drawAvatar, drawCircle } from "../helpers/avatar.js";
import { kindOf } from "../helpers/kinds.js";
import { latest } from "../helpers/latest.js";
import { matchRank } from "../helpers/matching.js";
import { PeopleApi } from "../models/people_api.js";

const MOST_SHOWN = 50;

export class RoomSwitcher {
  #dialog;
  #query;
  #list;
  #note;
  #option;
  #directory;
  #api;
  #people = [];
  #findPeople = latest((query) => this.#loadPeople(query));
  #selected = 0;

  constructor(root, { directory, token }) {
    this.#dialog = root.querySelector("[data-switcher]");
    this.#query = this.#dialog.querySelector("[data-query]");
    this.#list = this.#dialog.querySelector("[data-results]");
    this.#note = this.#dialog.querySelector("[data-note]");
    this.#option = this.#dialog.querySelector("[data-option]").content.firstElementChild;
    this.#directory = directory;
    this.#api = new PeopleApi(token);
  }

  connect() {
    this.#dialog.addEventListener("close", () => {
      this.#query.value = "";
      this.#people = [];
    });
    this.#query.addEventListener("input", () => this.#find());
    this.#query.addEventListener("keydown", (event) => this.#press(event));
    this.#list.addEventListener("click", (event) => this.#go(event.target.closest("[role=option]"), event));
    this.#list.addEventListener("pointermove", (event) => this.#point(event.target.closest("[role=option]")));
  }

  // Show the list of last time immediately, and the current one once it is loaded.
  async start() {
    this.#show();
    await this.#directory.refresh();
    await this.#find(); // for what was typed meanwhile
  }

  // Show matches in the loaded list immediately, and the server's matches once they are loaded.
  async #find() {
    this.#show();
    this.#findPeople(this.#query.value.trim());
    const shown = this.#directory.rooms;
    try {
      await this.#directory.search(this.#query.value);
    } catch (error) {
      console.warn("Could not search for more rooms.", error);
    }
    if (this.#directory.rooms !== shown) {
      this.#show();
    }
  }

  // Who may not write to people finds none.
  async #loadPeople(query) {
    let found = [];
    try {
      found = query && this.#dialog.dataset.finds ? (await this.#api.find(query)).people : [];
    } catch (error) {
      console.warn("Could not search for people.", error);
    }
    if (query === this.#query.value.trim() && (found.length || this.#people.length)) {
      this.#people = found;
      this.#show(this.#selected);
    }
  }

  // Rooms, then the people with whom there is no conversation of two among them.
  #show(selected = 0) {
    const query = this.#query.value;
    const here = this.#dialog.dataset.slug;
    const rooms = this.#directory.find(query).filter(({ slug }) => query.trim() || slug !== here).slice(0, MOST_SHOWN);
    const known = new Set(rooms.map(({ people }) => people?.length === 1 && people[0].id));
    const people = this.#people.filter(({ id, name }) => !known.has(id) && matchRank(name, query) < Infinity);
    const items = [...rooms.map((room) => this.#item(room)), ...people.map((person) => this.#personItem(person))];
    items.forEach((item, index) => (item.id = `switcher-room-${index}`));
    this.#list.replaceChildren(...items);
    this.#note.textContent = noteOn(items, this.#directory.rooms);
    this.#select(selected);
  }

  #personItem({ id, name, guest, bot, color, avatar }) {
    const item = this.#option.cloneNode(true);
    item.dataset.personId = id;
    drawAvatar(item.querySelector("[data-avatar]"), { id, name, color, avatar });
    item.querySelector("[data-name]").textContent = name;
    item.querySelector("[data-topic]").textContent = { bot: "Bot", guest: "Guest", "": "Person" }[kindOf({ guest, bot })];
    return item;
  }

  #item({ slug, name, topic, visibility, people, archived, unread, joined }) {
    const item = this.#option.cloneNode(true);
    Object.assign(item.dataset, { slug, visibility });
    people && drawCircle(item.querySelector("[data-avatar]"), people);
    item.querySelector("[data-name]").textContent = name;
    item.querySelector("[data-topic]").textContent = people ? "Direct message" : topic;
    item.querySelector("[data-archived]").hidden = !archived;
    item.querySelector("[data-outside]").hidden = joined !== false;
    const badge = item.querySelector("[data-unread]");
    badge.textContent = unread;
    badge.hidden = unread === 0;
    return item;
  }

  #select(index) {
    const items = [...this.#list.children];
    this.#selected = items.length ? (index + items.length) % items.length : 0;
    items.forEach((item, at) => item.setAttribute("aria-selected", at === this.#selected));
    this.#query.setAttribute("aria-activedescendant", items[this.#selected]?.id ?? "");
    items[this.#selected]?.scrollIntoView({ block: "nearest" });
  }

  #point(item) {
    if (item && item.getAttribute("aria-selected") !== "true") {
      this.#select([...this.#list.children].indexOf(item));
    }
  }

  #press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing || !(step || event.key === "Enter")) {
      return;
    }
    event.preventDefault();
    if (step) {
      this.#select(this.#selected + step);
    } else {
      this.#go(this.#list.children[this.#selected], event);
    }
  }

  #go(item, { ctrlKey, metaKey }) {
    if (item?.dataset.personId) {
      this.#converse(Number(item.dataset.personId));
    } else if (item) {
      const address = `/rooms/${encodeURIComponent(item.dataset.slug)}/`;
      this.#dialog.close();
      window.open(address, ctrlKey || metaKey ? "_blank" : "_self");
    }
  }

  async #converse(id) {
    try {
      location.assign(await this.#api.converse([id]));
      this.#dialog.close();
    } catch (refusal) {
      this.#note.textContent = refusal.message;
    }
  }
}

function noteOn(found, rooms) {
  if (rooms.length === 0) {
    return "Loading rooms…";
  }
  return found.length ? "" : "Nothing found";
}
