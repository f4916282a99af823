// The moderation API of a room. A refusal is thrown as an Error whose message is for the user.

const TIMEOUT_MS = 15_000;
const NO_ANSWER = "No connection. Try again when you’re back online.";

export class ModerationApi {
  #address;
  #token;

  // `token` returns a promise of Django's CSRF token, which may reject with such an Error.
  constructor({ slug, token }) {
    this.#address = `/api/rooms/${encodeURIComponent(slug)}/`;
    this.#token = token;
  }

  report(seq, reason) {
    return this.#ask("POST", `messages/${seq}/report/`, { reason });
  }

  // `operation`: mute, unmute, ban, unban, remove or clean-up.
  impose(personId, operation, fields) {
    return this.#ask("POST", `people/${personId}/${operation}/`, fields);
  }

  giveRole(personId, role, reason) {
    return this.#ask("PUT", `people/${personId}/role/`, { role, reason });
  }

  reports() {
    return this.#ask("GET", "reports/");
  }

  resolve(reportId, fields) {
    return this.#ask("POST", `reports/${reportId}/resolve/`, fields);
  }

  sanctioned(kind) {
    return this.#people(kind, 0);
  }

  // Return the ids of the people that this moderator can't act on (same or higher role), as a Set.
  async superiors() {
    const ids = [];
    for (let more = true; more; ) {
      const page = await this.#people("above", ids.at(-1) ?? 0);
      ids.push(...page.people.map(({ person }) => person.id));
      more = page.more;
    }
    return new Set(ids);
  }

  // Fetch a page of 100 people after an id. `only` is "banned", "muted", "moderators" or "above".
  #people(only, after) {
    return this.#ask("GET", `people/?only=${only}&after=${after}`);
  }

  async #ask(method, path, fields) {
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
