// Single messages by sequence number, also those outside the loaded window: for quotes and for editing. Each is fetched
// once and updated by the socket. The "changed" event carries a message that was fetched before.

import { fetchJson } from "./fetch_json.js";

export class Originals extends EventTarget {
  #address;
  #socket;
  #messages = new Map();

  // `address`: the URL of the room's messages in the API.
  constructor({ address, socket }) {
    super();
    this.#address = address;
    this.#socket = socket;
  }

  connect() {
    this.#socket.addEventListener("changes", ({ detail }) => detail.messages.forEach((message) => this.#update(message)));
    this.#socket.addEventListener("reset", () => this.#messages.clear());
  }

  // Return a promise of the message, or of null if it doesn't exist.
  get(seq) {
    return this.#messages.get(seq) ?? this.fresh(seq);
  }

  // Fetch the message again: changes may have been missed while the connection was down.
  fresh(seq) {
    const message = this.#fetch(seq);
    this.#messages.set(seq, message);
    message.catch(() => this.#forget(seq, message));
    return message;
  }

  // Fetch who reacted to a message: [{ emoji, count, people }].
  async reactions(seq) {
    return (await fetchJson(`${this.#address}${seq}/reactions/`)).reactions;
  }

  async #fetch(seq) {
    const { messages } = await fetchJson(`${this.#address}?around=${seq}&limit=1`);
    return messages.find((message) => message.seq === seq) ?? null;
  }

  #update(message) {
    if (this.#messages.has(message.seq)) {
      this.#messages.set(message.seq, Promise.resolve(message));
      this.dispatchEvent(new CustomEvent("changed", { detail: message }));
    }
  }

  #forget(seq, promise) {
    if (this.#messages.get(seq) === promise) {
      this.#messages.delete(seq);
    }
  }
}
