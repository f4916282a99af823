// The API of people: finding them, conversations with them, and blocks. Refusals are those of `ask`.

import { ask } from "./ask.js";
import { fetchJson } from "./fetch_json.js";

export class PeopleApi {
  #token;

  // `token` as for `ask`.
  constructor(token) {
    this.#token = token;
  }

  // Fetch the people whose names contain the query: { people, more }.
  find(query) {
    return fetchJson(`/api/people/?${new URLSearchParams({ q: query.slice(0, 80) })}`);
  }

  // Return the address of the direct conversation with these people, which is opened if there is none.
  async converse(ids) {
    const { room } = await ask(this.#token, "POST", "/api/direct/", { people: ids });
    return `/rooms/${encodeURIComponent(room.slug)}/`;
  }

  block(id, on) {
    return ask(this.#token, on ? "PUT" : "DELETE", `/api/blocks/${id}/`);
  }
}
