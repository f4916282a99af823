// The unread messages of each room, and how many count. Its events are "changed" and "arrived" (how many more). The
// messages of the current room are counted here, because the server doesn't count them while the user is there.

import { counted } from "../helpers/notifications.js";

export class Unread extends EventTarget {
  #rooms = new Map();
  // The parts of the current room's count: { seq, unread, mentions }, where `seq` is the last message of each.
  #noted = [];

  // Each room with `slug`, `level`, `unread` and `visibility`.
  constructor(rooms) {
    super();
    this.add(rooms);
  }

  has(slug) {
    return this.#rooms.has(slug);
  }

  get(slug) {
    return this.#rooms.get(slug);
  }

  get count() {
    return [...this.#rooms.values()].reduce((sum, room) => sum + counted(room), 0);
  }

  // Whether there are mentions or direct messages.
  get isMentioned() {
    return this.#mentionsIn(() => true) > 0;
  }

  // The mentions in all rooms that count. Each message of a direct conversation is a mention, but not listed as one.
  get mentions() {
    return this.#mentionsIn(({ isDirect }) => !isDirect);
  }

  add(rooms) {
    for (const { slug, level, unread, visibility } of rooms) {
      const isDirect = visibility === "direct";
      this.#rooms.set(slug, { level, unread, mentions: isDirect ? unread : 0, isDirect });
    }
    this.#changed();
  }

  remove(slug) {
    this.#rooms.delete(slug);
    this.#changed();
  }

  // Take the server's counts, by slug. Unknown rooms are ignored.
  update(counts) {
    for (const [slug, { unread, mentions }] of Object.entries(counts)) {
      const room = this.#rooms.get(slug);
      if (room) {
        const more = unread - room.unread;
        Object.assign(room, { unread, mentions: room.isDirect ? unread : mentions });
        this.#arrived(slug, more);
      }
    }
    this.#changed();
  }

  // Take the server's complete counts. Rooms that aren't named are read, except the current room.
  replace(counts, inView) {
    const read = [...this.#rooms.keys()].filter((slug) => slug !== inView && !(slug in counts));
    const nothing = { unread: 0, mentions: 0 };
    this.update({ ...Object.fromEntries(read.map((slug) => [slug, nothing])), ...counts });
  }

  // Count messages in the current room. `parts` are as above.
  note(slug, parts) {
    const room = this.#rooms.get(slug);
    for (const part of parts) {
      this.#noted.push(part);
      room.unread += part.unread;
      room.mentions += part.mentions;
    }
    this.#changed();
  }

  // The user has read the current room up to `seq`.
  readTo(slug, seq) {
    const left = this.#noted.filter((part) => part.seq > seq);
    this.#noted = [];
    Object.assign(this.#rooms.get(slug), { unread: 0, mentions: 0 });
    this.note(slug, left);
  }

  clear(slug) {
    this.readTo(slug, Infinity);
  }

  setLevel(slug, level) {
    if (this.#rooms.get(slug).level !== level) {
      this.#rooms.get(slug).level = level;
      this.#changed();
    }
  }

  #mentionsIn(isWanted) {
    const rooms = [...this.#rooms.values()].filter((room) => counted(room) > 0 && isWanted(room));
    return rooms.reduce((sum, { mentions }) => sum + mentions, 0);
  }

  #arrived(slug, more) {
    if (more > 0) {
      this.dispatchEvent(new CustomEvent("arrived", { detail: { slug, more } }));
    }
  }

  #changed() {
    this.dispatchEvent(new Event("changed"));
  }
}
