// The moderation API of a room. A refusal is thrown as an Error whose message is for the user.

import { RoomApi } from "./room_api.js";

export class ModerationApi {
  #api;

  // Takes the same values as RoomApi.
  constructor(room) {
    this.#api = new RoomApi(room);
  }

  report(seq, reason) {
    return this.#api.ask("POST", `messages/${seq}/report/`, { reason });
  }

  // `operation`: mute, unmute, ban, unban, remove or clean-up.
  impose(personId, operation, fields) {
    return this.#api.ask("POST", `people/${personId}/${operation}/`, fields);
  }

  giveRole(personId, role, reason) {
    return this.#api.ask("PUT", `people/${personId}/role/`, { role, reason });
  }

  reports() {
    return this.#api.ask("GET", "reports/");
  }

  resolve(reportId, fields) {
    return this.#api.ask("POST", `reports/${reportId}/resolve/`, fields);
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
    return this.#api.ask("GET", `people/?only=${only}&after=${after}`);
  }
}
