// The messages of a room that this page holds: one unbroken window of the log that reaches its end. It takes pages and
// changes in whatever order they come; the newest revision of a message wins, and nothing stands twice.
// "changed" tells which messages are new or different, "replaced" that all are.

export class Timeline extends EventTarget {
  cursor;
  more;
  #messages = new Map();
  #oldest = Infinity;
  #newest = 0;
  #reloading = null;

  // `more`: whether the room has messages older than these.
  constructor({ messages, cursor, more }) {
    super();
    this.cursor = cursor;
    this.more = more;
    this.#hold(messages);
  }

  get oldest() {
    return this.#oldest;
  }

  get newest() {
    return this.#newest;
  }

  get(seq) {
    return this.#messages.get(seq);
  }

  postedAs(clientId, authorId) {
    return [...this.#messages.values()].some(
      (message) => message.client_id === clientId && message.author?.id === authorId,
    );
  }

  // Whether a message of this place is held, or is older than what is held: it will not come as news.
  isPast(seq) {
    return this.#messages.has(seq) || this.#isOutside(seq);
  }

  // What happened since the cursor.
  apply({ messages, cursor }) {
    this.#reloading?.push(...messages);
    const news = this.#hold(messages.filter((message) => !this.#isOutside(message.seq)));
    this.#tell(news);
    if (!this.#reloading) {
      this.cursor = cursor;
    }
  }

  // A page that ends where the window begins.
  prepend({ messages, more }) {
    this.more = more;
    this.#tell(this.#hold(messages));
  }

  // Between these two the window is void: changes are kept aside, because the page may have been read before them.
  // The cursor moves only when the page is there, so that a line lost meanwhile leads here again.
  beginReload() {
    this.#reloading = [];
  }

  endReload({ messages, more }, cursor) {
    const meanwhile = this.#reloading ?? [];
    this.#reloading = null;
    this.#messages.clear();
    this.#oldest = Infinity;
    this.#newest = 0;
    this.cursor = cursor;
    this.more = more;
    this.#hold(messages);
    this.#hold(meanwhile.filter((message) => !this.#isOutside(message.seq)));
    this.dispatchEvent(new CustomEvent("replaced", { detail: { messages: this.all() } }));
  }

  all() {
    return [...this.#messages.values()].sort((one, other) => one.seq - other.seq);
  }

  #isOutside(seq) {
    return this.more && seq < this.#oldest;
  }

  // Takes the messages that are newer than what is held, and returns those.
  #hold(messages) {
    const news = messages.filter((message) => message.rev > (this.#messages.get(message.seq)?.rev ?? 0));
    for (const message of news) {
      this.#messages.set(message.seq, message);
      this.#oldest = Math.min(this.#oldest, message.seq);
      this.#newest = Math.max(this.#newest, message.seq);
    }
    return news;
  }

  #tell(messages) {
    if (messages.length) {
      messages.sort((one, other) => one.seq - other.seq);
      this.dispatchEvent(new CustomEvent("changed", { detail: { messages } }));
    }
  }
}
