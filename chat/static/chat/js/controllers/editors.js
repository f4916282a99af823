// Opens the edit form in place. Its code is loaded on first use, and the text is kept in local storage meanwhile.

import { load, remove, save } from "../helpers/storage.js";

export class Editors {
  #root;
  #originals;
  #prefix;
  #parts;

  // `parts`: passed to each editor, { commands, scroller, deletion, complete, roomMention, limit }.
  constructor(root, { page, originals, notices, ...parts }) {
    this.#root = root;
    this.#originals = originals;
    this.#prefix = `chat.edit.${page.you.id}.${page.slug}.`;
    this.#parts = { notices, originals, limit: page.limits.body, ...parts };
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
        const text = this.#draft(view.seq);
        const { Editor } = await import("./editor.js");
        new Editor(this.#root, view, message, { ...this.#parts, returnTo, text }).connect();
      }
    } catch {
      this.#parts.notices.say("Couldn’t load that message. Try again when you’re back online.");
    }
  }

  #draft(seq) {
    const key = this.#prefix + seq;
    return { load: () => load(key), keep: (text) => save(key, text), forget: () => remove(key) };
  }
}
