// The user's role and mute, which moderators may change, and whether the server lets them in at all. The reason why one
// can't post replaces the composer.

import { clockTime, dayName } from "../helpers/dates.js";

const PERMANENT_YEAR = 9999;
// The connection bar says why.
const NOT_HERE = "You can’t post here now.";

export class Standing {
  #root;
  #page;
  #socket;
  #notices;
  #writing;
  #closed;
  #archived;

  constructor(root, { page, socket, notices }) {
    this.#root = root;
    this.#page = page;
    this.#socket = socket;
    this.#notices = notices;
    this.#writing = root.querySelector("[data-writing]");
    this.#closed = root.querySelector("[data-closed]");
    this.#archived = root.querySelector("[data-archived]");
  }

  connect() {
    const take = ({ detail }) => this.#take(detail.standing);
    this.#socket.addEventListener("hello", take);
    this.#socket.addEventListener("standing", take);
    this.#socket.addEventListener("state", ({ detail }) => detail.name === "refused" && this.#show());
    this.#show();
  }

  #take(standing) {
    const before = this.#page.standing;
    this.#page.standing = standing;
    this.#show();
    if (before.role === "member" && standing.role !== "member") {
      this.#notices.say(`You’re now ${standing.role === "owner" ? "an owner" : "a moderator"} here. Reload to see the tools.`);
    }
  }

  #show() {
    const reason = this.#socket.state.name === "refused" ? NOT_HERE : reasonOf(this.#page.standing);
    this.#root.body.toggleAttribute("data-moderates", this.#page.standing.role !== "member");
    this.#archived.hidden = !this.#page.standing.archived;
    this.#closed.textContent = reason;
    this.#closed.hidden = !reason;
    this.#writing.hidden = Boolean(reason);
  }
}

function reasonOf({ archived, muted_until: mutedUntil, mute_reason: why }) {
  if (archived) {
    return "This room is archived. You can read it but not post.";
  }
  return mutedUntil ? `A moderator has muted you${until(new Date(mutedUntil))}${why ? `: ${why}` : "."}` : "";
}

function until(moment) {
  return moment.getFullYear() >= PERMANENT_YEAR - 1 ? "" : ` until ${dayName(moment)}, ${clockTime(moment)}`;
}
