// What keys do anywhere on the page, but for what the browser does with them.

import { isTyping } from "./typing_place.js";

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

  // True for a key that did something.
  #act({ key, ctrlKey, metaKey, altKey, shiftKey, target }) {
    if ((ctrlKey || metaKey) && !altKey && !shiftKey && key.toLowerCase() === "k") {
      return this.#open("switcher");
    }
    if (ctrlKey || metaKey || altKey || isTyping(target)) {
      return false;
    }
    if (key === "?" || key === "/") {
      return this.#open(key === "?" ? "keys" : "search");
    }
    return key === "End" && !shiftKey && this.#goToNewest();
  }

  // One dialog at a time: what a key would open beside it waits until that is closed.
  #open(id) {
    return !this.#root.querySelector("dialog[open]") && this.#dialogs.open(id);
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
