// Pages of a room's log, asked for over HTTP: older ones on the way up, and the newest when the server cannot resume
// from the cursor this page has.

const PAGE = 50;
const LARGE_PAGE = 200;
const PATIENCE_MS = 15_000;

export class History {
  #address;
  #timeline;
  #socket;
  #loading = null;
  #reload = null;

  constructor({ address, timeline, socket }) {
    this.#address = address;
    this.#timeline = timeline;
    this.#socket = socket;
  }

  connect() {
    this.#socket.addEventListener("reset", ({ detail }) => this.#startAfresh(detail.cursor));
  }

  // The next older page. Asking again while it is on its way gives the same promise.
  older(limit = PAGE) {
    this.#loading ??= this.#older(limit).finally(() => (this.#loading = null));
    return this.#loading;
  }

  // Loads older pages until the message of this place is held, if it exists.
  async reach(seq) {
    while (this.#timeline.more && seq < this.#timeline.oldest) {
      await this.older(LARGE_PAGE);
    }
    return this.#timeline.get(seq);
  }

  async #older(limit) {
    const oldest = this.#timeline.oldest;
    const page = await this.#fetch({ before: oldest, limit }, AbortSignal.timeout(PATIENCE_MS));
    // After a fresh start meanwhile, this page has nothing to do with what is held now.
    if (oldest === this.#timeline.oldest) {
      this.#timeline.prepend(page);
    }
  }

  async #startAfresh(cursor) {
    this.#reload?.abort();
    const reload = (this.#reload = new AbortController());
    this.#timeline.beginReload();
    try {
      const signal = AbortSignal.any([reload.signal, AbortSignal.timeout(PATIENCE_MS)]);
      this.#timeline.endReload(await this.#fetch({ limit: PAGE }, signal), cursor);
    } catch (error) {
      // The cursor has not moved, so a new connection leads to the same reset, after its wait.
      if (!reload.signal.aborted) {
        console.warn("The newest messages could not be loaded; connecting again.", error);
        this.#socket.restart();
      }
    }
  }

  async #fetch(query, signal) {
    const answer = await fetch(`${this.#address}?${new URLSearchParams(query)}`, {
      signal,
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) {
      throw new Error(`The server answered ${answer.status}.`);
    }
    return answer.json();
  }
}
