// Opens a message for editing, in place.

import { Editor } from "./editor.js";

export class Editors {
  #root;
  #originals;
  #parts;

  // `parts`: what each editor needs besides, { commands, scroller, deletion, complete }.
  constructor(root, { originals, notices, ...parts }) {
    this.#root = root;
    this.#originals = originals;
    this.#parts = { notices, originals, ...parts };
  }

  async open(view) {
    const returnTo = this.#root.activeElement;
    const open = view.article.querySelector("[data-edit-text]");
    if (open) {
      open.focus();
      return;
    }
    try {
      const message = await this.#originals.fresh(view.seq);
      if (message && !message.deleted && view.article.isConnected && !view.article.querySelector("[data-edit]")) {
        new Editor(this.#root, view, message, { ...this.#parts, returnTo }).connect();
      }
    } catch {
      this.#parts.notices.say("The message could not be loaded. Try again when the connection is back.");
    }
  }
}
