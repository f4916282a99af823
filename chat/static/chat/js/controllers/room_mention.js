// Asks before a message notifies everyone in a large room.

import { mentionsRoom } from "../helpers/mentions.js";
import { fetchJson } from "../models/fetch_json.js";

// The number of people from which the user is asked.
const MOST = 25;

export class RoomMention {
  #dialog;
  #count;
  #page;
  #send = null;

  constructor(root, { page }) {
    this.#dialog = root.querySelector("#room-mention-dialog");
    this.#count = root.querySelector("[data-room-mention-count]");
    this.#page = page;
  }

  connect() {
    this.#dialog.addEventListener("close", () => this.#closed());
  }

  // Call `send` at once, or after the user has confirmed that the text notifies many people. `before` is the text that
  // it replaces, which may have notified them already.
  async confirm(text, send, before = "") {
    if (!this.#page.standing.room_mentions || !mentionsRoom(text) || mentionsRoom(before)) {
      send();
    } else if (!this.#send) {
      this.#send = send;
      this.#ask(await this.#people());
    }
  }

  // Return how many people are notified, or null if that is unknown.
  async #people() {
    try {
      const { details } = await fetchJson(`/api/rooms/${encodeURIComponent(this.#page.slug)}/`);
      return details.members - 1;
    } catch (error) {
      console.warn("The number of members could not be loaded.", error);
      return null;
    }
  }

  #ask(people) {
    if (people !== null && people <= MOST) {
      this.#finish(true);
      return;
    }
    this.#count.textContent = people === null ? "everyone in this room" : `${people.toLocaleString()} people`;
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
  }

  #closed() {
    this.#finish(this.#dialog.returnValue === "send");
  }

  #finish(isConfirmed) {
    const send = this.#send;
    this.#send = null;
    if (isConfirmed) {
      send();
    }
  }
}
