// The card of a person: since when they are here, the rooms that both belong to, and what a moderator can do.

import { drawAvatar } from "../helpers/avatar.js";
import { longDate } from "../helpers/dates.js";
import { fetchJson } from "../models/fetch_json.js";
import { placeBeside } from "./placement.js";

const UNKNOWN = "No more details.";

export class PersonCard {
  #root;
  #box;
  #you;
  #moderation;
  #superiors;
  #person = null;
  #anchor = null;

  constructor(root, { you, moderation, superiors }) {
    this.#root = root;
    this.#box = root.getElementById("person-card");
    this.#you = you;
    this.#moderation = moderation;
    this.#superiors = superiors;
  }

  connect() {
    this.#superiors.addEventListener("changed", () => this.#showModeration());
    this.#part("moderate")?.addEventListener("click", () => {
      this.#box.hidePopover();
      this.#moderation.about(this.#person, "mute");
    });
    return this;
  }

  // Shown at once with what the page knows. The browser closes it on Escape and returns the focus.
  async open(person, anchor) {
    this.#person = person;
    this.#anchor = anchor;
    this.#draw(person);
    this.#part("about").textContent = "";
    this.#part("common").hidden = true;
    this.#part("edit").hidden = person.id !== this.#you.id;
    this.#superiors.load();
    this.#showModeration();
    if (!this.#box.matches(":popover-open")) {
      this.#box.showPopover({ source: anchor });
    }
    this.#place();
    this.#box.focus();
    await this.#load(person);
  }

  async #load(person) {
    let card = null;
    try {
      card = await fetchJson(`/api/people/${person.id}/`);
    } catch (error) {
      console.warn("Could not load the person.", error);
    }
    if (this.#person === person) {
      this.#show(card);
      this.#place();
    }
  }

  #show(card) {
    if (!card) {
      this.#part("about").textContent = UNKNOWN;
      return;
    }
    const { person, since, rooms, more } = card;
    this.#draw(person);
    this.#part("about").textContent = `${person.guest ? "Guest" : "Member"} since ${longDate(new Date(since))}`;
    this.#part("rooms").replaceChildren(...rooms.map((room) => this.#link(room)), ...(more ? [this.#item("and more")] : []));
    this.#part("common").hidden = rooms.length === 0 || person.id === this.#you.id;
  }

  #draw({ id, name, color }) {
    drawAvatar(this.#part("avatar"), { id, name, color });
    this.#part("name").textContent = name;
  }

  #showModeration() {
    const button = this.#part("moderate");
    if (button && this.#person) {
      button.hidden = !this.#superiors.canModerate(this.#person.id);
    }
  }

  #place() {
    if (this.#box.matches(":popover-open")) {
      placeBeside(this.#box, this.#anchor, "left");
    }
  }

  #link({ slug, name }) {
    const link = this.#root.createElement("a");
    link.href = `/rooms/${encodeURIComponent(slug)}/`;
    link.dir = "auto";
    link.textContent = name;
    return this.#item(link);
  }

  #item(content) {
    const item = this.#root.createElement("li");
    item.append(content);
    return item;
  }

  #part(name) {
    return this.#box.querySelector(`[data-card-${name}]`);
  }
}
