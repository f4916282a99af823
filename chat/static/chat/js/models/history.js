// Loads pages of a room's messages over HTTP: older, newer, around a sequence number, or the latest. It also loads a
// fresh page when the server can't resume from this page's cursor. Only one request runs at a time; a jump aborts the
// one before it. The "busy" and "idle" events say whether a request is running.

import { fetchJson } from "./fetch_json.js";

const PAGE = 50;
const LARGE_PAGE = 100;

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

  // Load the next older page, unless a request is running.
  async older() {
    const timeline = this.#timeline;
    if (timeline.more && this.#mayExtend) {
      await this.#load({ before: timeline.oldest, limit: PAGE }, (page) => timeline.prepend(page));
    }
  }

  // Load the next newer page, unless a request is running.
  async newer() {
    const timeline = this.#timeline;
    if (!timeline.reachesEnd && this.#mayExtend) {
      await this.#load({ after: timeline.newest, limit: PAGE }, (page) => timeline.append(page));
    }
  }

  // Return the message with this sequence number, loaded with its neighbours if needed. Undefined if it doesn't exist.
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

  // A reader who scrolled back stays there. Everyone else gets the latest messages.
  async #startOver(cursor) {
    const { anchorSeq } = this.#timeline;
    const query = anchorSeq === null ? { limit: PAGE } : { around: anchorSeq, limit: LARGE_PAGE };
    this.#timeline.reset(cursor);
    try {
      await this.#load(query, (page) => this.#timeline.replace(page, anchorSeq ?? Infinity));
    } catch (error) {
      if (error.name !== "AbortError") {
        console.warn("Could not load messages; reconnecting.", error);
      }
    }
  }

  async #load(query, take) {
    this.#underway?.abort();
    const underway = (this.#underway = new AbortController());
    this.#timeline.beginLoad();
    this.dispatchEvent(new Event("busy"));
    try {
      const page = await fetchJson(`${this.#address}?${new URLSearchParams(query)}`, underway.signal);
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
    // The cursor hasn't moved, so the new connection gets the same reset again, after its retry delay.
    if (this.#timeline.isVoid) {
      this.#socket.restart();
    }
    this.dispatchEvent(new Event("idle"));
  }
}
