// The bar above the message box that shows which message is being replied to. It is saved with the draft.

import { load, remove, save } from "../helpers/storage.js";

export class ReplyBar {
  #bar;
  #author;
  #text;
  #close;
  #key;
  #reply = null;

  constructor(root, page) {
    this.#bar = root.querySelector("[data-reply]");
    this.#author = root.querySelector("[data-reply-author]");
    this.#text = root.querySelector("[data-reply-text]");
    this.#close = root.querySelector("[data-reply-close]");
    this.#key = `chat.reply.${page.you.id}.${page.slug}`;
  }

  // `done` is called when the user cancels the reply.
  connect(done) {
    this.#close.addEventListener("click", () => {
      this.clear();
      done();
    });
    this.#show(load(this.#key) ?? null);
  }

  // The message being replied to, as { seq, author, text } for the outbox, or null.
  get reply() {
    return this.#reply;
  }

  start(view) {
    const reply = { seq: view.seq, author: view.authorName, text: view.summary };
    save(this.#key, reply);
    this.#show(reply);
  }

  clear() {
    remove(this.#key);
    this.#show(null);
  }

  #show(reply) {
    this.#reply = reply;
    this.#bar.hidden = !reply;
    this.#author.textContent = reply?.author ?? "";
    this.#text.textContent = reply?.text ?? "";
  }
}
