// Pages of a room's log, asked for over HTTP: the next on the way up or down, those around a place, the newest; and a
// fresh one when the server cannot resume from the cursor this page has. One at a time: who wants to be elsewhere does
// not wait for the next page of here. "busy" and "idle" tell when one is on its way.

const PAGE = 50;
const LARGE_PAGE = 100;
const PATIENCE_MS = 15_000;

export class History extends EventTarget {
  #address;
  #timeline;
  #socket;
  #underway = null;

  constructor({ address, timeline, socket }) {
    super();
    this.#address = address;
    this.#timeline = timeline;
    this.#socket = socket;
  }

  connect() {
    this.#socket.addEventListener("reset", ({ detail }) => this.#startOver(detail.cursor));
  }

  get isBusy() {
    return this.#underway !== null;
  }

  // The next page on the way up, unless one is on its way already.
  async older() {
    const timeline = this.#timeline;
    if (timeline.more && this.#mayExtend) {
      await this.#load({ before: timeline.oldest, limit: PAGE }, (page) => timeline.prepend(page));
    }
  }

  // The next page on the way down, unless one is on its way already.
  async newer() {
    const timeline = this.#timeline;
    if (!timeline.reachesEnd && this.#mayExtend) {
      await this.#load({ after: timeline.newest, limit: PAGE }, (page) => timeline.append(page));
    }
  }

  // The message of this place, loaded with those around it where it is not held; undefined if it does not exist, and
  // then nothing moves.
  async reach(seq) {
    const timeline = this.#timeline;
    if (timeline.isVoid || !timeline.get(seq)) {
      await this.#load({ around: seq, limit: LARGE_PAGE }, (page) => {
        if (timeline.isVoid || page.messages.some((message) => message.seq === seq)) {
          timeline.replace(page, seq);
        }
      });
    }
    return timeline.get(seq);
  }

  async reachEnd() {
    if (this.#timeline.isVoid || !this.#timeline.reachesEnd) {
      await this.#load({ limit: PAGE }, (page) => this.#timeline.replace(page, Infinity));
    }
  }

  async reachBeginning() {
    if (this.#timeline.isVoid || this.#timeline.more) {
      await this.#load({ around: 0, limit: LARGE_PAGE }, (page) => this.#timeline.replace(page, 0));
    }
  }

  get #mayExtend() {
    return !this.isBusy && !this.#timeline.isVoid;
  }

  // Whoever reads back goes on there; the others see the newest.
  async #startOver(cursor) {
    const { place } = this.#timeline;
    const query = place === null ? { limit: PAGE } : { around: place, limit: LARGE_PAGE };
    this.#timeline.reset(cursor);
    try {
      await this.#load(query, (page) => this.#timeline.replace(page, place ?? Infinity));
    } catch (error) {
      if (error.name !== "AbortError") {
        console.warn("The messages could not be loaded; connecting again.", error);
      }
    }
  }

  async #load(query, take) {
    this.#underway?.abort();
    const underway = (this.#underway = new AbortController());
    this.#timeline.beginLoad();
    this.dispatchEvent(new Event("busy"));
    try {
      const page = await this.#fetch(query, underway.signal);
      underway.signal.throwIfAborted();
      take(page);
    } finally {
      if (this.#underway === underway) {
        this.#finish();
      }
    }
  }

  #finish() {
    this.#underway = null;
    this.#timeline.endLoad();
    // The cursor has not moved, so a new connection leads to the same reset, after its wait.
    if (this.#timeline.isVoid) {
      this.#socket.restart();
    }
    this.dispatchEvent(new Event("idle"));
  }

  async #fetch(query, signal) {
    const answer = await fetch(`${this.#address}?${new URLSearchParams(query)}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) {
      throw new Error(`The server answered ${answer.status}.`);
    }
    return answer.json();
  }
}
