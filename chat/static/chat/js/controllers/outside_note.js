// Says below the message box which people whom a message names are not in the room, with a button to invite them. The
// server knows their ids, and the message has their names.

import { outsideSentence } from "../helpers/mentions.js";

export class OutsideNote {
  #root;
  #page;
  #socket;
  #waiting = null;

  constructor(root, { page, socket }) {
    this.#root = root;
    this.#page = page;
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
      const note = this.#root.querySelector("[data-note-text]");
      note.textContent = `${outsideSentence(names)} `;
      if (this.#page.standing.may_invite) {
        note.append(this.#inviteButton(names[0]));
      }
    }
  }

  // The next note replaces the button. The dialog takes the name from it.
  #inviteButton(name) {
    const button = this.#root.createElement("button");
    Object.assign(button, { type: "button", className: "quiet-link", textContent: "Invite", value: name });
    button.dataset.opens = "invite";
    return button;
  }

  #nameOf(id) {
    const message = this.#root.getElementById(String(this.#waiting.seq));
    return message?.querySelector(`[data-mention="${id}"]`)?.textContent.slice(1);
  }
}
