// Loads the code of autocomplete when the text contains the first @ or colon, or begins with a slash.

const BEGINNING = /[@＠:]|^\//u;

export class LazyCompletion {
  #root;
  #text;
  #sources;
  #aborted = new AbortController();
  #completion = null;

  // `sources`: { people, emoji, commands }. Without `commands`, a slash completes nothing.
  constructor(root, text, sources) {
    this.#root = root;
    this.#text = text;
    this.#sources = sources;
  }

  connect() {
    this.#text.addEventListener("input", () => this.#onInput(), { signal: this.#aborted.signal });
    return this;
  }

  disconnect() {
    this.#aborted.abort();
    this.#completion?.disconnect();
  }

  async #onInput() {
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
      // Not shown to the user: the text stays as it is, and the next key press tries again.
      console.warn("Could not load autocomplete.", error);
    }
  }
}
