// The API of a room. Refusals are those of `ask`.

import { ask } from "./ask.js";

export class RoomApi {
  #address;
  #slug;
  #token;

  // `token` as for `ask`.
  constructor({ slug, token }) {
    this.#slug = slug;
    this.#address = `/api/rooms/${encodeURIComponent(slug)}/`;
    this.#token = token;
  }

  join() {
    return this.ask("PUT", "membership/", {});
  }

  star(on) {
    return this.ask("PUT", "membership/", { starred: on });
  }

  leave() {
    return this.ask("DELETE", "membership/");
  }

  details() {
    return this.ask("GET", "");
  }

  // Fetch a page of members by name, after the person with the id `after`.
  members({ query, after }) {
    return this.ask("GET", `members/?${new URLSearchParams({ q: query, after })}`);
  }

  // Make someone a member, by their name.
  add(name) {
    return this.ask("POST", "people/", { name });
  }

  createInvitation() {
    return ask(this.#token, "POST", "/api/invitations/", { room: this.#slug });
  }

  ask(method, path, fields) {
    return ask(this.#token, method, this.#address + path, fields);
  }
}
