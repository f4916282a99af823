// All emoji and their names, loaded on first use, and the emoji that the user used most recently.

import { folded } from "../helpers/matching.js";
import { load, save } from "../helpers/storage.js";
import { fetchJson } from "./fetch_json.js";

const RECENT = 18;

export class EmojiNames {
  groups = [];
  #address;
  #recentKey;
  #loading = null;

  constructor({ address, personId }) {
    this.#address = address;
    this.#recentKey = `chat.emoji.${personId}`;
  }

  // Fill `groups`: [{ name, emoji: [[emoji, name, name…]…] }]. After a failure it can be called again.
  load() {
    this.#loading ??= this.#fetch().catch((error) => {
      this.#loading = null;
      throw error;
    });
    return this.#loading;
  }

  get recent() {
    return load(this.#recentKey) ?? [];
  }

  use(emoji) {
    save(this.#recentKey, [emoji, ...this.recent.filter((other) => other !== emoji)].slice(0, RECENT));
  }

  // Return the matching entries, best first: exact name, start of the name, start of a word, any part.
  search(query, limit = Infinity) {
    const wanted = folded(query.trim()).replace(/\s+/gu, "_");
    const ranked = this.#entries
      .map((entry) => ({ entry, rank: Math.min(...entry.slice(1).map((name) => rankOf(name, wanted))) }))
      .filter(({ rank }) => rank < Infinity);
    return ranked
      .sort((one, other) => one.rank - other.rank)
      .slice(0, limit)
      .map(({ entry }) => entry);
  }

  named(name) {
    return this.#entries.find((entry) => entry.includes(name.toLowerCase(), 1))?.[0];
  }

  get #entries() {
    return this.groups.flatMap(({ emoji }) => emoji);
  }

  async #fetch() {
    this.groups = (await fetchJson(this.#address)).groups;
  }
}

function rankOf(name, wanted) {
  if (name === wanted) {
    return 0;
  }
  if (name.startsWith(wanted)) {
    return 1;
  }
  return name.includes(`_${wanted}`) ? 2 : name.includes(wanted) ? 3 : Infinity;
}
