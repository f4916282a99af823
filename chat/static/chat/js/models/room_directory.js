// The rooms that the user can see and their last visits. Of many it has the most active; the server finds the others.

import { matchRank } from "../helpers/matching.js";
import { load, save } from "../helpers/storage.js";
import { fetchJson } from "./fetch_json.js";

const ADDRESS = "/api/rooms/";
const MOST_REMEMBERED = 50;
const MOST_FOUND = 50;

export class RoomDirectory {
  rooms = [];
  #key;
  #loading = null;
  #isWhole = true;
  #wanted = "";
  #searching = null;

  constructor(personId) {
    this.#key = `chat.recent.${personId}`;
  }

  visit(slug) {
    const others = this.#recent.filter((other) => other !== slug);
    save(this.#key, [slug, ...others].slice(0, MOST_REMEMBERED));
  }

  // Reload the list. While a request is running, return its promise.
  refresh() {
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    return this.#loading;
  }

  // Ask the server for rooms that aren't in the list. One request at a time; the latest query wins.
  search(query) {
    this.#wanted = query.trim();
    if (!this.#isWhole && this.#wanted) {
      this.#searching ??= this.#search().finally(() => (this.#searching = null));
    }
    return this.#searching ?? Promise.resolve();
  }

  // Fetch the rooms that the user belongs to, the most recently active first: { rooms, next }. `next` is where the next
  // page begins, and null on the last one.
  mine(after = "") {
    return fetchJson(`${ADDRESS}?${new URLSearchParams({ mine: "1", ...(after && { after }) })}`);
  }

  // Fetch the user's rooms with unread messages.
  async unread() {
    const { rooms } = await fetchJson(`${ADDRESS}?unread=true`);
    return rooms;
  }

  // Return the matching rooms, best first. Of equal ones the archived are last, before them those that the user hasn't
  // joined, and the others ordered by last visit, then by activity.
  find(query) {
    const recent = this.#recent;
    const recency = ({ slug }) => (recent.includes(slug) ? recent.indexOf(slug) : recent.length);
    return this.rooms
      .map((room) => ({ room, rank: matchRank(room.name, query) }))
      .filter(({ rank }) => rank < Infinity)
      .sort((one, other) => one.rank - other.rank || apart(one.room) - apart(other.room) || recency(one.room) - recency(other.room))
      .map(({ room }) => room);
  }

  get #recent() {
    return load(this.#key) ?? [];
  }

  async #load() {
    const { rooms, next } = await fetchJson(ADDRESS);
    this.rooms = rooms;
    this.#isWhole = !next;
  }

  async #search() {
    let asked;
    while (asked !== this.#wanted) {
      asked = this.#wanted;
      const query = new URLSearchParams({ q: asked.slice(0, 80), limit: MOST_FOUND });
      const { rooms } = await fetchJson(`${ADDRESS}?${query}`);
      const known = new Set(this.rooms.map(({ slug }) => slug));
      this.rooms = [...this.rooms, ...rooms.filter(({ slug }) => !known.has(slug))];
    }
  }
}

// An older server doesn't say whether a room is joined.
function apart({ archived, joined }) {
  return 2 * Boolean(archived) + (joined === false);
}
