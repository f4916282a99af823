// Chooses the people of a new direct conversation: a search, the people it found, and those who were chosen.

import { drawAvatar } from "../helpers/avatar.js";
import { kindOf } from "../helpers/kinds.js";
import { latest } from "../helpers/latest.js";
import { PeopleApi } from "../models/people_api.js";

const NOT_LOADED = "Couldn’t search for people. Try again when you’re back online.";

export class PeoplePicker {
  #form;
  #search;
  #chosen;
  #found;
  #note;
  #option;
  #most;

  constructor(root) {
    this.#form = root.querySelector("[data-people-picker]");
    this.#search = root.querySelector("[data-people-search]");
    this.#chosen = this.#form.querySelector("[data-chosen]");
    this.#found = this.#form.querySelector("[data-found]");
    this.#note = this.#form.querySelector("[data-picker-note]");
    this.#option = this.#form.querySelector("[data-person-option]").content.firstElementChild;
    this.#most = Number(this.#form.dataset.peoplePicker);
  }

  connect() {
    const find = latest((query) => this.#find(query));
    this.#search.form.querySelector("button").hidden = true;
    this.#search.addEventListener("input", () => find(this.#search.value.trim()));
    this.#search.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#enter();
    });
    this.#form.addEventListener("change", ({ target }) => this.#move(target));
    this.#form.addEventListener("submit", (event) => this.#ids.length || this.#refuse(event));
    this.#search.focus();
  }

  get #ids() {
    return Array.from(this.#chosen.querySelectorAll("input"), ({ value }) => Number(value));
  }

  // Enter takes the first one that was found, and without a query opens the conversation.
  #enter() {
    const first = this.#found.querySelector("input");
    if (this.#search.value.trim() && first) {
      first.click();
    } else if (!this.#search.value.trim() && this.#ids.length) {
      this.#form.requestSubmit();
    }
  }

  async #find(query) {
    let people = [];
    let note = "";
    try {
      people = query ? (await new PeopleApi(null).find(query)).people : [];
      note = query && !people.length ? "No one found" : "";
    } catch (error) {
      console.warn("Could not search for people.", error);
      note = NOT_LOADED;
    }
    if (query === this.#search.value.trim()) {
      const others = new Set([...this.#ids, Number(this.#form.dataset.you)]);
      this.#found.replaceChildren(...people.filter(({ id }) => !others.has(id)).map((person) => this.#item(person)));
      this.#note.textContent = note;
    }
  }

  #item({ id, name, guest, bot, color, avatar }) {
    const item = this.#option.cloneNode(true);
    item.querySelector("input").value = id;
    drawAvatar(item.querySelector("[data-avatar]"), { id, name, color, avatar });
    item.querySelector("[data-name]").textContent = name;
    const tag = item.querySelector("[data-tag]");
    tag.textContent = kindOf({ guest, bot });
    tag.hidden = !tag.textContent;
    return item;
  }

  // The focus goes back to the search, for the next person.
  #move(box) {
    const item = box.closest("li");
    const name = item.querySelector("[data-name]").textContent;
    if (box.checked && this.#ids.length >= this.#most) {
      box.checked = false;
      this.#note.textContent = `A conversation can have at most ${this.#most} others.`;
      return;
    }
    if (box.checked) {
      this.#chosen.append(item);
      this.#found.replaceChildren();
    } else {
      item.remove();
    }
    this.#note.textContent = box.checked ? `${name} added` : `${name} removed`;
    this.#search.value = "";
    this.#search.focus();
  }

  #refuse(event) {
    event.preventDefault();
    this.#note.textContent = "Choose at least one person.";
    this.#search.focus();
  }
}
