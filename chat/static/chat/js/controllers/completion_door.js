// The way to what completes names and emoji, whose code comes with the first @ or colon in a text.

const BEGINNING = /[@:]/u;

export class CompletionDoor {
  #root;
  #text;
  #sources;
  #aborted = new AbortController();
  #completion = null;

  // `sources`: { people, emoji }.
  constructor(root, text, sources) {
    this.#root = root;
    this.#text = text;
    this.#sources = sources;
  }

  connect() {
    this.#text.addEventListener("input", () => this.#knock(), { signal: this.#aborted.signal });
    return this;
  }

  disconnect() {
    this.#aborted.abort();
    this.#completion?.disconnect();
  }

  async #knock() {
    if (!BEGINNING.test(this.#text.value) || this.#completion) {
      return;
    }
    try {
      const { Completion } = await import("./completion.js");
      if (!this.#completion && !this.#aborted.signal.aborted) {
        this.#completion = new Completion(this.#root, this.#text, this.#sources).connect();
        await this.#completion.look();
      }
    } catch (error) {
      // Nobody waits for it: what is written stays as it is, and the next letter tries again.
      console.warn("Names cannot be completed.", error);
    }
  }
}
