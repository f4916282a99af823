// The commands that bots offer in the room, loaded on first use.

import { fetchJson } from "./fetch_json.js";

export class RoomCommands {
  // [{ name, usage, description, bot }], by name. Empty until they are loaded.
  all = [];
  #address;
  #loading = null;

  constructor(slug) {
    this.#address = `/api/rooms/${encodeURIComponent(slug)}/commands/`;
  }

  // After a failure it can be called again.
  load() {
    this.#loading ??= this.#fetch().catch((error) => {
      this.#loading = null;
      throw error;
    });
    return this.#loading;
  }

  // Look again before a name counts as unknown: a bot may have registered it since.
  reload() {
    this.#loading = null;
    return this.load();
  }

  async #fetch() {
    this.all = (await fetchJson(this.#address)).commands;
  }
}
