// Says below the message box which people whom a message names are not in the room. The server knows their ids, and the
// message has their names.

import { outsideSentence } from "../helpers/mentions.js";

export class OutsideNote {
  #root;
  #socket;
  #waiting = null;

  constructor(root, { socket }) {
    this.#root = root;
    this.#socket = socket;
  }

  connect() {
    this.#socket.addEventListener("ok", ({ detail }) => this.#take(detail));
    // The answer may come before the message.
    this.#socket.addEventListener("changes", () => this.#show());
  }

  #take({ seq, outside = [] }) {
    if (outside.length) {
      this.#waiting = { seq, outside };
      this.#show();
    }
  }

  #show() {
    const names = this.#waiting?.outside.map((id) => this.#nameOf(id)).filter(Boolean) ?? [];
    if (names.length) {
      this.#waiting = null;
      this.#root.querySelector("[data-note-text]").textContent = outsideSentence(names);
    }
  }

  #nameOf(id) {
    const message = this.#root.getElementById(String(this.#waiting.seq));
    return message?.querySelector(`[data-mention="${id}"]`)?.textContent.slice(1);
  }
}
