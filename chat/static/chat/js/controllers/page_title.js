// Shows the unread count in the page title, and a dot on the favicon.

import { countedTitle } from "../helpers/notifications.js";

export class PageTitle {
  #root;
  #title;
  #ending;
  #icon;
  #plainIcon;
  #elsewhere;
  #unread;
  #socket;

  // `name` is that of the room, with which the title begins.
  constructor(root, { unread, socket, name }) {
    this.#root = root;
    this.#title = root.title;
    this.#ending = root.title.slice(name.length);
    this.#icon = root.querySelector("[data-favicon]");
    this.#plainIcon = this.#icon.href;
    this.#elsewhere = root.querySelector("[data-elsewhere]");
    this.#unread = unread;
    this.#socket = socket;
  }

  connect() {
    const rename = ({ detail }) => this.#rename(detail.standing.name);
    this.#socket.addEventListener("hello", rename);
    this.#socket.addEventListener("standing", rename);
    this.#unread.addEventListener("changed", () => this.#show());
    this.#show();
  }

  // An older server sends no name.
  #rename(name) {
    if (name) {
      this.#title = name + this.#ending;
      this.#show();
    }
  }

  #show() {
    const { count, isMentioned } = this.#unread;
    const { mentioned, unread } = this.#icon.dataset;
    const icon = isMentioned ? mentioned : unread;
    this.#root.title = countedTitle(this.#title, count);
    this.#icon.href = count ? icon : this.#plainIcon;
    this.#elsewhere.hidden = count === 0;
  }
}
