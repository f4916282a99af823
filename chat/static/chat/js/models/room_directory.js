// All rooms this person may see, as the server lists them, and which of them they were in last.

import { misfit } from "../helpers/matching.js";
import { load, save } from "../helpers/storage.js";

const ADDRESS = "/api/rooms/";
const PATIENCE_MS = 15_000;
const MOST_REMEMBERED = 50;

export class RoomDirectory {
  rooms = [];
  #key;
  #loading = null;

  constructor(personId) {
    this.#key = `chat.recent.${personId}`;
  }

  visit(slug) {
    const others = this.#recent.filter((other) => other !== slug);
    save(this.#key, [slug, ...others].slice(0, MOST_REMEMBERED));
  }

  // Asking again while the list is on its way gives the same promise.
  refresh() {
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    return this.#loading;
  }

  // The rooms whose names fit, the best first; among equals the one that was visited last, then the liveliest.
  find(query) {
    const recent = this.#recent;
    const rank = ({ slug }) => (recent.includes(slug) ? recent.indexOf(slug) : recent.length);
    return this.rooms
      .map((room) => ({ room, misfit: misfit(room.name, query) }))
      .filter(({ misfit }) => misfit < Infinity)
      .sort((one, other) => one.misfit - other.misfit || rank(one.room) - rank(other.room))
      .map(({ room }) => room);
  }

  get #recent() {
    return load(this.#key) ?? [];
  }

  async #load() {
    const answer = await fetch(ADDRESS, {
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) {
      throw new Error(`The server answered ${answer.status}.`);
    }
    this.rooms = (await answer.json()).rooms;
  }
}
