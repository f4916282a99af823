// Which partners of the user's direct conversations are online. The event "changed" announces changes. Until the server
// has answered, it is what the page before knew.

import { load, save } from "../helpers/storage.js";

const KEPT_MS = 60_000;

export class Online extends EventTarget {
  #key;
  #ids;
  #isFirst = true;

  constructor({ socket, personId }) {
    super();
    this.#key = `chat.online.${personId}`;
    const { ids, at } = load(this.#key) ?? { ids: [], at: 0 };
    this.#ids = new Set(Date.now() - at < KEPT_MS ? ids : []);
    socket.addEventListener("hello", () => (this.#isFirst = true));
    socket.addEventListener("online", ({ detail }) => this.#take(detail));
  }

  has(id) {
    return this.#ids.has(id);
  }

  // For the next page.
  keep() {
    save(this.#key, { ids: [...this.#ids], at: Date.now() });
  }

  // The first frame of a connection lists everyone who is online.
  #take({ on, off }) {
    const before = this.#isFirst ? [] : [...this.#ids];
    this.#ids = new Set([...before.filter((id) => !off.includes(id)), ...on]);
    this.#isFirst = false;
    this.dispatchEvent(new Event("changed"));
  }
}
