// Announces that the user is typing, at most once in three seconds, and when they stop.

const INTERVAL_MS = 3_000;

export class Typing {
  #socket;
  #sentAt = 0;
  #isOn = false;

  constructor(socket) {
    this.#socket = socket;
  }

  start() {
    if (Date.now() - this.#sentAt >= INTERVAL_MS && this.#socket.send({ type: "typing", on: true })) {
      this.#sentAt = Date.now();
      this.#isOn = true;
    }
  }

  // Also after a message was sent: the next key begins another one, which is announced at once.
  stop() {
    this.#sentAt = 0;
    if (this.#isOn) {
      this.#isOn = false;
      this.#socket.send({ type: "typing", on: false });
    }
  }
}
