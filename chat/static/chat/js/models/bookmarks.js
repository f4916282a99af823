// The messages of the room that the user has saved, in this window or another one. Older servers name none.

export class Bookmarks {
  #socket;
  #commands;
  #slug;
  #saved;

  constructor({ socket, commands, slug, saved = [] }) {
    this.#socket = socket;
    this.#commands = commands;
    this.#slug = slug;
    this.#saved = new Set(saved);
  }

  connect() {
    this.#socket.addEventListener("saved", ({ detail }) => detail.room === this.#slug && this.#take(detail));
  }

  has(seq) {
    return this.#saved.has(seq);
  }

  // Reject with a Refusal if the server refuses.
  async set(seq, on) {
    await this.#commands.bookmark(seq, on);
    this.#take({ seq, on });
  }

  #take({ seq, on }) {
    this.#saved[on ? "add" : "delete"](seq);
  }
}
