// Shows the unread count in the page title, and a dot on the favicon.

import { countedTitle } from "../helpers/notifications.js";

export class PageTitle {
  #root;
  #title;
  #icon;
  #plainIcon;
  #elsewhere;
  #unread;

  constructor(root, unread) {
    this.#root = root;
    this.#title = root.title;
    this.#icon = root.querySelector("[data-favicon]");
    this.#plainIcon = this.#icon.href;
    this.#elsewhere = root.querySelector("[data-elsewhere]");
    this.#unread = unread;
  }

  connect() {
    this.#unread.addEventListener("changed", () => this.#show());
    this.#show();
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
