// What this person has not read, room by room, and how much of it counts by each room's level.
// "changed" tells that something is counted anew, "arrived" that there is more to read in a room, and how much more.

import { counted } from "../helpers/attention.js";

export class Unread extends EventTarget {
  #rooms = new Map();

  // Each room with `slug`, `level` and `unread`.
  constructor(rooms) {
    super();
    this.add(rooms);
  }

  knows(slug) {
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

  // What the server has counted, by slug. Rooms that are not known here are left out.
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

  // All that is unread but for the room in view: what is not named is read.
  replace(counts, inView) {
    const read = [...this.#rooms.keys()].filter((slug) => slug !== inView && !(slug in counts));
    const nothing = { unread: 0, mentions: 0 };
    this.update({ ...Object.fromEntries(read.map((slug) => [slug, nothing])), ...counts });
  }

  // What came into the room in view, which the server does not count while somebody is there.
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
