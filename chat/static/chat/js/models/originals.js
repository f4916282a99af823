// Single messages by their place, whole, also those that the page does not hold: what is quoted, what is to be edited.
// Each is asked for once and kept true by what comes over the line. "changed" tells of one that was asked for before.

const PATIENCE_MS = 15_000;

export class Originals extends EventTarget {
  #address;
  #socket;
  #messages = new Map();

  // `address` is that of the room's messages.
  constructor({ address, socket }) {
    super();
    this.#address = address;
    this.#socket = socket;
  }

  connect() {
    this.#socket.addEventListener("changes", ({ detail }) => detail.messages.forEach((message) => this.#learn(message)));
    this.#socket.addEventListener("reset", () => this.#messages.clear());
  }

  // The promise of the message, or of null where there is none.
  get(seq) {
    return this.#messages.get(seq) ?? this.fresh(seq);
  }

  // The same, asked for anew: the line may have been away.
  fresh(seq) {
    const message = this.#fetch(seq);
    this.#messages.set(seq, message);
    message.catch(() => this.#forget(seq, message));
    return message;
  }

  // Who reacted to a message, by name: [{ emoji, count, people }].
  async reactions(seq) {
    return (await this.#ask(`${seq}/reactions/`)).reactions;
  }

  async #fetch(seq) {
    const { messages } = await this.#ask(`?${new URLSearchParams({ around: seq, limit: 1 })}`);
    return messages.find((message) => message.seq === seq) ?? null;
  }

  async #ask(rest) {
    const answer = await fetch(this.#address + rest, {
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) {
      throw new Error(`The server answered ${answer.status}.`);
    }
    return answer.json();
  }

  #learn(message) {
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
