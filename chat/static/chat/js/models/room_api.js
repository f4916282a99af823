// The API of a room that changes something. A refusal is thrown as an Error whose message is for the user.

const TIMEOUT_MS = 15_000;
const NO_ANSWER = "No connection. Try again when you’re back online.";

export class RoomApi {
  #address;
  #token;

  // `token` returns a promise of Django's CSRF token, which may reject with such an Error.
  constructor({ slug, token }) {
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

  async ask(method, path, fields) {
    const answer = await this.#fetch(method, path, fields);
    const content = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      throw new Error(content.error?.detail ?? NO_ANSWER);
    }
    return content;
  }

  async #fetch(method, path, fields) {
    const token = await this.#token();
    try {
      return await fetch(this.#address + path, {
        method,
        body: fields && JSON.stringify(fields),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      });
    } catch (error) {
      throw new Error(NO_ANSWER, { cause: error });
    }
  }
}
