// The card of a person: since when they are here, the rooms that both belong to, and what the user can do: write to
// them, block them, moderate them. A block is announced by the event "block" of the document.

import { drawAvatar } from "../helpers/avatar.js";
import { longDate } from "../helpers/dates.js";
import { kindOf } from "../helpers/kinds.js";
import { fetchJson } from "../models/fetch_json.js";
import { PeopleApi } from "../models/people_api.js";
import { placeBeside } from "./placement.js";

const KINDS = { bot: "Bot", guest: "Guest", "": "Member" };
const UNKNOWN = "No more details.";

export class PersonCard {
  #root;
  #box;
  #page;
  #notices;
  #api;
  #moderation;
  #superiors;
  #person = null;
  #anchor = null;
  #isUnderway = false;

  constructor(root, { page, notices, moderation, superiors, csrfToken }) {
    this.#root = root;
    this.#box = root.getElementById("person-card");
    this.#page = page;
    this.#notices = notices;
    this.#api = new PeopleApi(() => csrfToken.current());
    this.#moderation = moderation;
    this.#superiors = superiors;
  }

  connect() {
    this.#superiors.addEventListener("changed", () => this.#showModeration());
    this.#part("moderate")?.addEventListener("click", () => {
      this.#box.hidePopover();
      this.#moderation.about(this.#person, "mute");
    });
    this.#part("message")?.addEventListener("click", () => this.#try(() => this.#message()));
    this.#part("block").addEventListener("click", () => this.#try(() => this.block(this.#person, true)));
    this.#part("unblock").addEventListener("click", () => this.#try(() => this.block(this.#person, false)));
    return this;
  }

  // Shown at once with what the page knows. The browser closes it on Escape and returns the focus.
  async open(person, anchor) {
    this.#person = person;
    this.#anchor = anchor;
    this.#draw(person);
    this.#part("about").textContent = this.#part("error").textContent = "";
    this.#part("common").hidden = true;
    this.#part("edit").hidden = !this.#isYou;
    this.#showBlock();
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
    this.#part("about").textContent = `${KINDS[kindOf(person)]} since ${longDate(new Date(since))}`;
    this.#part("rooms").replaceChildren(...rooms.map((room) => this.#link(room)), ...(more ? [this.#item("and more")] : []));
    this.#part("common").hidden = rooms.length === 0 || this.#isYou;
  }

  #draw({ id, name, color, avatar }) {
    drawAvatar(this.#part("avatar"), { id, name, color, avatar });
    this.#part("name").textContent = name;
  }

  get #isYou() {
    return this.#person.id === this.#page.you.id;
  }

  async #message() {
    location.assign(await this.#api.converse([this.#person.id]));
  }

  // `on`: whether to block or unblock. The card need not be open.
  async block({ id, name }, on) {
    await this.#api.block(id, on);
    this.#page.blocked = this.#page.blocked.filter((it) => it !== id).concat(on ? [id] : []);
    this.#root.dispatchEvent(new CustomEvent("block", { detail: { id, on } }));
    this.#box.hidePopover();
    this.#keepFocus();
    this.#notices.say(on ? `You blocked ${name}. Their messages are folded, and they can’t write to you directly.` : `You unblocked ${name}.`);
  }

  // The name that opened the card is hidden when its message is folded.
  #keepFocus() {
    if (!this.#anchor.checkVisibility()) {
      this.#anchor.closest("article")?.focus();
    }
  }

  #showBlock() {
    const isBlocked = this.#page.blocked.includes(this.#person.id);
    this.#part("block").hidden = this.#isYou || isBlocked;
    this.#part("unblock").hidden = !isBlocked;
    const message = this.#part("message");
    if (message) {
      message.hidden = isBlocked;
      this.#part("message-text").textContent = this.#isYou ? "Notes to yourself" : "Message";
    }
  }

  // A second click while the request runs does nothing.
  async #try(act) {
    if (this.#isUnderway) {
      return;
    }
    this.#isUnderway = true;
    this.#part("error").textContent = "";
    try {
      await act();
    } catch (refusal) {
      this.#part("error").textContent = refusal.message;
    } finally {
      this.#isUnderway = false;
    }
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
