// Opens a message for editing, in place, by code that comes with the first one. What was written is kept until it is
// saved or given up: the message may leave the page meanwhile, and so may its writer.

import { load, remove, save } from "../helpers/storage.js";

export class Editors {
  #root;
  #originals;
  #prefix;
  #parts;

  // `parts`: what each editor needs besides, { commands, scroller, deletion, complete }.
  constructor(root, { page, originals, notices, ...parts }) {
    this.#root = root;
    this.#originals = originals;
    this.#prefix = `chat.edit.${page.you.id}.${page.slug}.`;
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
        const text = this.#kept(view.seq);
        const { Editor } = await import("./editor.js");
        new Editor(this.#root, view, message, { ...this.#parts, returnTo, text }).connect();
      }
    } catch {
      this.#parts.notices.say("The message could not be loaded. Try again when the connection is back.");
    }
  }

  #kept(seq) {
    const key = this.#prefix + seq;
    return { load: () => load(key), keep: (text) => save(key, text), forget: () => remove(key) };
  }
}
