// The unread messages of each room, and how many count. Its events are "changed" and "arrived" (how many more).

import { counted } from "../helpers/notifications.js";

export class Unread extends EventTarget {
  #rooms = new Map();

  // Each room with `slug`, `level` and `unread`.
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

  get isMentioned() {
    return [...this.#rooms.values()].some(({ level, mentions }) => level !== "nothing" && mentions > 0);
  }

  add(rooms) {
    for (const { slug, level, unread } of rooms) {
      this.#rooms.set(slug, { level, unread, mentions: 0 });
    }
    this.#changed();
  }

  // Take the server's counts, by slug. Unknown rooms are ignored.
  update(counts) {
    for (const [slug, { unread, mentions }] of Object.entries(counts)) {
      const room = this.#rooms.get(slug);
      if (room) {
        const more = unread - room.unread;
        Object.assign(room, { unread, mentions });
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

  // Count messages in the current room, which the server doesn't count while the user is there.
  note(slug, { unread, mentions }) {
    const room = this.#rooms.get(slug);
    room.unread += unread;
    room.mentions += mentions;
    this.#changed();
  }

  clear(slug) {
    Object.assign(this.#rooms.get(slug), { unread: 0, mentions: 0 });
    this.#changed();
  }

  setLevel(slug, level) {
    this.#rooms.get(slug).level = level;
    this.#changed();
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
