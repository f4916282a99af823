// Marks the people who are online, wherever the page names the people of a direct conversation.

import { Online } from "../models/online.js";

export class PresenceDots {
  #root;
  #socket;
  #online;

  constructor(root, { socket, you }) {
    this.#root = root;
    this.#socket = socket;
    this.#online = new Online({ socket, personId: you.id });
  }

  // After the list of rooms, which takes new conversations from the same frame.
  connect() {
    this.#online.addEventListener("changed", () => this.#show());
    this.#socket.addEventListener("rooms", () => this.#show());
    window.addEventListener("pagehide", () => this.#online.keep());
    this.#show();
  }

  #show() {
    for (const element of this.#root.querySelectorAll("[data-people-ids]")) {
      const ids = element.dataset.peopleIds.split(" ").map(Number);
      element.toggleAttribute("data-online", ids.some((id) => this.#online.has(id)));
    }
  }
}
