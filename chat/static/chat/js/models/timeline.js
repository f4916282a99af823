// The messages that this page holds: a window of the room's log, which need not reach its end. It accepts pages and
// changes in any order.
// The "changed" event lists new or changed messages (`messages`) and dropped sequence numbers (`dropped`). Both are
// empty if the room only grew beyond the window. The "replaced" event says that the whole window was replaced.

import { MessageWindow } from "./message_window.js";

export class Timeline extends EventTarget {
  cursor;
  // Whether the room has older messages than the window.
  more;
  // The sequence number being read, or null at the end. Messages far from it are dropped first.
  anchorSeq = null;
  #window = new MessageWindow();
  #end;
  #collected = null;
  #resetCursor = null;

  // `newest`: the sequence number of the room's newest message, which may be outside the window.
  constructor({ messages, cursor, more, newest = 0 }) {
    super();
    this.cursor = cursor;
    this.more = more;
    this.#window.store(messages);
    this.#end = Math.max(newest, this.newest);
  }

  get oldest() {
    return this.#window.oldest;
  }

  get newest() {
    return this.#window.newest;
  }

  // The sequence number of the room's newest message, as far as this page knows.
  get end() {
    return this.#end;
  }

  get reachesEnd() {
    return this.newest >= this.#end;
  }

  // True between a reset and the page that follows it. The window can't be relied on then.
  get isVoid() {
    return this.#resetCursor !== null;
  }

  get(seq) {
    return this.#window.get(seq);
  }

  all() {
    return this.#window.seqs.map((seq) => this.get(seq));
  }

  postedAs(clientId, authorId) {
    return Boolean(this.#window.find((it) => it.client_id === clientId && it.author?.id === authorId));
  }

  // Return whether a message with this sequence number is in the window or outside it. It won't arrive as a change.
  isPast(seq) {
    return this.#window.has(seq) || this.#isOutside(seq, this.reachesEnd);
  }

  // Apply the changes since the cursor.
  apply({ messages, cursor }) {
    this.#collected?.push(...messages);
    if (!this.isVoid) {
      this.cursor = cursor;
      this.#update(() => this.#take(messages), this.anchorSeq ?? Infinity);
    }
  }

  // While a page is being loaded, changes are collected as well: the page may have been read before them.
  beginLoad() {
    this.#collected = [];
  }

  endLoad() {
    this.#collected = null;
  }

  // Add a page that ends where the window begins.
  prepend({ messages, more }) {
    this.more = more;
    this.#update(() => [...this.#window.store(messages), ...this.#takeCollected()], this.oldest);
  }

  // Add a page that begins where the window ends. An empty page means that the window reaches the end.
  append({ messages, newest }) {
    this.#update(() => this.#join(messages, messages.length ? newest : 0), this.newest);
  }

  // Show a page around any sequence number. It is merged with the window if there is no gap between them.
  replace({ messages, more, newest }, around) {
    if (this.isVoid || !this.#window.adjoins(messages)) {
      this.#startOver({ messages, more, newest });
      return;
    }
    if (messages[0].seq < this.oldest) {
      this.more = more;
    }
    this.#update(() => this.#join(messages, newest), around);
  }

  // The server can't resume from the cursor. Only the page that follows moves it, in case the connection breaks before.
  reset(cursor) {
    this.#resetCursor = cursor;
  }

  #startOver({ messages, more, newest }) {
    this.cursor = this.#resetCursor ?? this.cursor;
    this.#resetCursor = null;
    this.#window = new MessageWindow();
    this.more = more;
    this.#join(messages, newest);
    this.dispatchEvent(new CustomEvent("replaced", { detail: { messages: this.all() } }));
  }

  #join(messages, newest) {
    const taken = this.#window.store(messages);
    this.#end = Math.max(newest, this.newest);
    return [...taken, ...this.#takeCollected()];
  }

  #takeCollected() {
    return this.#take(this.#collected ?? []);
  }

  // Store the messages that belong in the window, and update the room's end.
  #take(messages) {
    const follows = this.reachesEnd;
    this.#end = Math.max(this.#end, ...messages.map(({ seq }) => seq));
    return this.#window.store(messages.filter(({ seq }) => !this.#isOutside(seq, follows)));
  }

  #isOutside(seq, follows) {
    return (this.more && seq < this.oldest) || (!follows && seq > this.newest);
  }

  // Add messages, drop those over the limit, and announce both.
  #update(bring, around) {
    const before = new Set(this.#window.seqs);
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
