// Finds the messages to notify about. Messages of the current room arrive as changes, those of other rooms as alerts.
// Messages of other rooms that came while there was no connection are fetched, and with a server of an earlier release,
// which sends no alerts, all of them. The "alert" event carries the slug and the message.

import { counted, notifies, hasMention } from "../helpers/notifications.js";
import { fetchJson } from "./fetch_json.js";

const MOST_FETCHED = 20;

export class Alerts extends EventTarget {
  #socket;
  #unread;
  #slug;
  #you;
  #isInView;
  #isWanted;
  #newest = null;
  #head = 0;
  #sendsAlerts = false;
  // Whether to fetch the messages of a room whose unread count grows.
  #fetches = true;
  // The user's read position, which other windows move too.
  #read = 0;

  // `isInView` returns whether the current room is visible; `isWanted` whether any notification is turned on.
  constructor({ socket, unread, slug, you, isInView, isWanted }) {
    super();
    this.#socket = socket;
    this.#unread = unread;
    this.#slug = slug;
    this.#you = you;
    this.#isInView = isInView;
    this.#isWanted = isWanted;
  }

  connect() {
    this.#socket.addEventListener("hello", ({ detail }) => this.#start(detail));
    this.#socket.addEventListener("rooms", ({ detail }) => this.#onRooms(detail));
    this.#socket.addEventListener("changes", ({ detail }) => this.#onChanges(detail.messages));
    this.#socket.addEventListener("alert", ({ detail }) => this.#onAlert(detail));
    this.#socket.addEventListener("reset", () => this.#onReset());
    this.#unread.addEventListener("arrived", ({ detail }) => this.#onArrived(detail));
  }

  // Messages that the page was rendered with are not new. Messages since then are.
  #start({ room, read, floor }) {
    // The release that added floors added alerts. The server may be older than the one that rendered the page.
    this.#sendsAlerts = floor !== undefined;
    this.#fetches = true;
    this.#head = room.seq;
    this.#newest ??= room.seq;
    this.#readUpTo(read);
  }

  // The first of these frames has the counts of what came before the connection. They are applied by now, as the room
  // list has connected before.
  #onRooms({ read }) {
    this.#fetches = !this.#sendsAlerts;
    this.#readUpTo(read);
  }

  #readUpTo(seq = 0) {
    this.#read = Math.max(this.#read, seq);
  }

  // After a reset there are too many to notify about each. They are only counted as unread.
  #onReset() {
    const unread = this.#head - Math.max(this.#newest, this.#read);
    this.#newest = this.#head;
    if (unread > 0 && !this.#isInView()) {
      this.#unread.note(this.#slug, [{ seq: this.#head, unread, mentions: 0 }]);
    }
  }

  #onChanges(messages) {
    const newer = messages.filter(({ seq }) => seq > this.#newest).sort((one, other) => one.seq - other.seq);
    this.#newest = newer.at(-1)?.seq ?? this.#newest;
    const others = newer.filter((message) => message.seq > this.#read && this.#isByAnother(message));
    if (others.length && !this.#isInView()) {
      const parts = others.map((each) => ({ seq: each.seq, unread: 1, mentions: Number(this.#mentionsMe(this.#slug, each)) }));
      this.#unread.note(this.#slug, parts);
      this.#alert(this.#slug, others);
    }
  }

  // The server has applied the level of the room. The user may have turned it off here since.
  #onAlert({ room, message }) {
    if (room !== this.#slug && this.#unread.get(room)?.level !== "nothing" && this.#isByAnother(message)) {
      this.#tell(room, message);
    }
  }

  async #onArrived({ slug, more }) {
    if (!this.#fetches || slug === this.#slug || !this.#isWanted() || !counted(this.#unread.get(slug))) {
      return;
    }
    try {
      const messages = await newestOf(slug, Math.min(more, MOST_FETCHED));
      this.#alert(slug, messages.filter((message) => this.#isByAnother(message)));
    } catch (error) {
      console.warn(`Could not load the new messages of ${slug}; no notification is shown.`, error);
    }
  }

  #alert(slug, messages) {
    const { level } = this.#unread.get(slug);
    // Notes of the site have no author and alert no one.
    const message = messages.findLast((each) => each.author && notifies(level, this.#mentionsMe(slug, each)));
    if (message) {
      this.#tell(slug, message);
    }
  }

  #tell(slug, message) {
    if (this.#isWanted()) {
      this.dispatchEvent(new CustomEvent("alert", { detail: { slug, message } }));
    }
  }

  #isByAnother({ author, deleted }) {
    return author?.id !== this.#you.id && !deleted;
  }

  #mentionsMe(slug, { html }) {
    return this.#unread.get(slug).isDirect || hasMention(html, this.#you.id);
  }
}

async function newestOf(slug, limit) {
  const page = await fetchJson(`/api/rooms/${encodeURIComponent(slug)}/messages/?limit=${limit}`);
  return page.messages;
}
