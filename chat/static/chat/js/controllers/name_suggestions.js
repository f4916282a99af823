// Suggests the names of people for a field in which one types a name, in the field's own list.

import { latest } from "../helpers/latest.js";
import { PeopleApi } from "../models/people_api.js";

export class NameSuggestions {
  #field;
  #api;

  // The `list` of the field is an empty <datalist>. `api` has `find`, as PeopleApi.
  constructor(field, api = new PeopleApi(null)) {
    this.#field = field;
    this.#api = api;
  }

  connect() {
    const find = latest((query) => this.#find(query));
    this.#field.addEventListener("input", () => find(this.#field.value.trim()));
    return this;
  }

  // Without an answer there are no suggestions. The whole name can still be typed.
  async #find(query) {
    try {
      const { people } = query ? await this.#api.find(query) : { people: [] };
      this.#field.list.replaceChildren(...people.map(({ name }) => new Option(name)));
    } catch (error) {
      console.warn("Could not look for people.", error);
    }
  }
}
