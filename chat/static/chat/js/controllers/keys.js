// Keyboard shortcuts of the whole page.

import { opensActivity } from "../helpers/keys.js";
import { neighbour } from "../helpers/rooms.js";

const STEPS = { ArrowUp: -1, ArrowDown: 1 };
const NO_TEXT_TYPES = ["button", "checkbox", "radio", "submit", "reset"];

export class Keys {
  #root;
  #dialogs;

  constructor(root, dialogs) {
    this.#root = root;
    this.#dialogs = dialogs;
  }

  connect() {
    this.#root.addEventListener("keydown", (event) => this.#press(event));
  }

  #press(event) {
    if (!event.defaultPrevented && !event.isComposing && this.#act(event)) {
      event.preventDefault();
    }
  }

  // Return true if the key did something.
  #act(event) {
    const { key, ctrlKey, metaKey, altKey, shiftKey, target } = event;
    if (opensActivity(event, isTextField(target))) {
      location.assign("/activity/");
      return true;
    }
    if ((ctrlKey || metaKey) && !altKey && !shiftKey && key.toLowerCase() === "k") {
      return this.#open("switcher");
    }
    if (altKey && !ctrlKey && !metaKey && key in STEPS && !opensByAlt(target)) {
      return this.#goToRoom(STEPS[key], shiftKey);
    }
    if (ctrlKey || metaKey || altKey || isTextField(target)) {
      return false;
    }
    if (key === "?" || key === "/") {
      return this.#open(key === "?" ? "keys" : "search");
    }
    return key === "End" && !shiftKey && this.#goToNewest();
  }

  // Open only one dialog at a time.
  #open(id) {
    return !this.#root.querySelector("dialog[open]") && this.#dialogs.open(id);
  }

  // Go to the next room in the sidebar, or to the next one with unread messages. Folded sections are left out.
  #goToRoom(step, isUnread) {
    const links = [...this.#root.querySelectorAll("[data-rooms] [data-slug]")].filter((link) => !link.closest("details:not([open])"));
    const current = links.find((link) => link.hasAttribute("aria-current"));
    const isWanted = (link) => !isUnread || !link.querySelector("[data-unread]").hidden;
    const room = neighbour(links, current, step, isWanted);
    if (!room || this.#root.querySelector("dialog[open]")) {
      return false;
    }
    room.click();
    return true;
  }

  #goToNewest() {
    const jump = this.#root.querySelector("[data-jump]");
    if (!jump || this.#root.querySelector("dialog[open]")) {
      return false;
    }
    jump.click();
    return true;
  }
}

function isTextField(target) {
  const field = target.closest?.("input, textarea, select, [contenteditable]");
  return Boolean(field) && !NO_TEXT_TYPES.includes(field.type);
}

// Whether Alt with an arrow key opens the list of this field.
function opensByAlt(target) {
  return Boolean(target.closest?.("select, [role=combobox][aria-expanded=true]"));
}
