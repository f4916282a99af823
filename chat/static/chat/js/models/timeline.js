// The messages of a room that this page holds: a window of the log, which need not reach its end. It takes pages and
// changes in whatever order they come.
// "changed" tells which messages are new or different (`messages`) and which places are held no longer (`dropped`);
// neither, where the room only goes on beyond the window. "replaced" tells that nothing is as before.

import { Stretch } from "./stretch.js";

export class Timeline extends EventTarget {
  cursor;
  // Whether the room has messages older than these.
  more;
  // The place of the message being read; null for whoever is at the end. What is far from it is dropped first.
  place = null;
  #window = new Stretch();
  #end;
  #aside = null;
  #resetCursor = null;

  // `newest`: the place of the room's newest message, whether or not it is one of these.
  constructor({ messages, cursor, more, newest = 0 }) {
    super();
    this.cursor = cursor;
    this.more = more;
    this.#window.hold(messages);
    this.#end = Math.max(newest, this.newest);
  }

  get oldest() {
    return this.#window.oldest;
  }

  get newest() {
    return this.#window.newest;
  }

  // The place of the room's newest message, as far as this page has heard.
  get end() {
    return this.#end;
  }

  get reachesEnd() {
    return this.newest >= this.#end;
  }

  // Between a reset and the page that follows it, nothing that is held can be relied on.
  get isVoid() {
    return this.#resetCursor !== null;
  }

  get(seq) {
    return this.#window.get(seq);
  }

  all() {
    return this.#window.places.map((seq) => this.get(seq));
  }

  postedAs(clientId, authorId) {
    return Boolean(this.#window.find((it) => it.client_id === clientId && it.author?.id === authorId));
  }

  // Whether a message of this place is held, or outside of what is held: it will not come as news.
  isPast(seq) {
    return this.#window.has(seq) || this.#isOutside(seq, this.reachesEnd);
  }

  // What happened since the cursor.
  apply({ messages, cursor }) {
    this.#aside?.push(...messages);
    if (!this.isVoid) {
      this.cursor = cursor;
      this.#update(() => this.#take(messages), this.place ?? Infinity);
    }
  }

  // While a page is on its way, changes are kept aside too: it may have been read before them.
  beginLoad() {
    this.#aside = [];
  }

  endLoad() {
    this.#aside = null;
  }

  // A page that ends where the window begins.
  prepend({ messages, more }) {
    this.more = more;
    this.#update(() => [...this.#window.hold(messages), ...this.#takeAside()], this.oldest);
  }

  // A page that begins where the window ends. Where nothing comes there is nothing, whatever was said before.
  append({ messages, newest }) {
    this.#update(() => this.#join(messages, messages.length ? newest : 0), this.newest);
  }

  // A page from anywhere, for who wants to read around a place. It joins what is held where the two meet.
  replace({ messages, more, newest }, around) {
    if (this.isVoid || !this.#window.meets(messages)) {
      this.#startOver({ messages, more, newest });
      return;
    }
    if (messages[0].seq < this.oldest) {
      this.more = more;
    }
    this.#update(() => this.#join(messages, newest), around);
  }

  // The cursor cannot be resumed. It moves only with the page that follows, so that a line lost meanwhile leads here
  // again.
  reset(cursor) {
    this.#resetCursor = cursor;
  }

  #startOver({ messages, more, newest }) {
    this.cursor = this.#resetCursor ?? this.cursor;
    this.#resetCursor = null;
    this.#window = new Stretch();
    this.more = more;
    this.#join(messages, newest);
    this.dispatchEvent(new CustomEvent("replaced", { detail: { messages: this.all() } }));
  }

  #join(messages, newest) {
    const taken = this.#window.hold(messages);
    this.#end = Math.max(newest, this.newest);
    return [...taken, ...this.#takeAside()];
  }

  #takeAside() {
    return this.#take(this.#aside ?? []);
  }

  // Holds what belongs into the window, and notes how far the room goes.
  #take(messages) {
    const follows = this.reachesEnd;
    this.#end = Math.max(this.#end, ...messages.map(({ seq }) => seq));
    return this.#window.hold(messages.filter(({ seq }) => !this.#isOutside(seq, follows)));
  }

  #isOutside(seq, follows) {
    return (this.more && seq < this.oldest) || (!follows && seq > this.newest);
  }

  // Brings messages in, drops what is too much for the window, and tells of both.
  #update(bring, around) {
    const before = new Set(this.#window.places);
    const end = this.#end;
    const brought = new Set(bring().map(({ seq }) => seq));
    const dropped = this.#window.trim(around);
    this.more ||= dropped.some((seq) => seq < this.oldest);
    const detail = {
      messages: [...brought].sort((one, other) => one - other).flatMap((seq) => this.get(seq) ?? []),
      dropped: dropped.filter((seq) => before.has(seq)),
    };
    if (detail.messages.length || detail.dropped.length || this.#end !== end) {
      this.dispatchEvent(new CustomEvent("changed", { detail }));
    }
  }
}
