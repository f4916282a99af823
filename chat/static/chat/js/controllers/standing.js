// The user's membership, role and mute, which moderators may change, and whether the server lets them in at all. The
// reason why one can't post replaces the composer, and so does the button that joins the room. Beside the reason is a
// button that unblocks the other person. Moderators see how many people ask to join.

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
  #unblock;
  #join;
  #archived;
  #requests;
  #card;
  #wantsToWrite = false;

  constructor(root, { page, socket, notices, card }) {
    this.#root = root;
    this.#page = page;
    this.#socket = socket;
    this.#notices = notices;
    this.#writing = root.querySelector("[data-writing]");
    this.#card = card;
    this.#closed = root.querySelector("[data-closed]");
    this.#unblock = root.querySelector("[data-unblock-here]");
    this.#join = root.querySelector("[data-join]");
    this.#archived = root.querySelector("[data-archived]");
    this.#requests = root.querySelector("[data-requests]");
  }

  connect() {
    const take = ({ detail }) => this.#take(detail.standing);
    this.#socket.addEventListener("hello", take);
    this.#socket.addEventListener("standing", take);
    this.#root.addEventListener("block", () => this.#show());
    this.#unblock.querySelector("button").addEventListener("click", () => {
      this.#wantsToWrite = true;
      this.#card.unblock(blockedIn(this.#page));
    });
    this.#socket.addEventListener("state", ({ detail }) => detail.name === "refused" && this.#show());
    this.#show();
    if (!this.#join.hidden && !matchMedia("(pointer: coarse)").matches) {
      this.#join.querySelector("button").focus({ preventScroll: true });
    }
  }

  // The user has joined or left. The server's next frame says the same.
  setMember(isMember) {
    this.#page.standing = { ...this.#page.standing, member: isMember };
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
    const { standing } = this.#page;
    const reason = this.#socket.state.name === "refused" ? NOT_HERE : reasonOf(this.#page);
    this.#root.querySelectorAll("[data-members-only]").forEach((control) => (control.hidden = !isMember(standing)));
    this.#archived.hidden = !standing.archived;
    this.#closed.textContent = reason;
    this.#closed.hidden = !reason;
    this.#closed.toggleAttribute("data-only-reacts", onlyReacts(standing));
    this.#unblock.hidden = !blockedIn(this.#page);
    this.#join.hidden = Boolean(reason) || isMember(standing);
    this.#join.querySelector("[data-join-writes]").hidden = standing.posting === false;
    this.#writing.hidden = Boolean(reason) || !isMember(standing);
    this.#showRequests(standing.requests ?? 0);
    if (this.#wantsToWrite && !this.#writing.hidden) {
      this.#wantsToWrite = false;
      this.#writing.querySelector("textarea").focus();
    }
  }

  #showRequests(number) {
    if (this.#requests) {
      this.#requests.hidden = !number;
      this.#requests.querySelector("[data-requests-count]").textContent = number;
    }
  }
}

// An older server does not say it.
export function isMember({ member = true }) {
  return member;
}

// Whether the user is in a room in which only owners and moderators post. An older server does not say it.
export function onlyReacts({ visibility, archived, muted_until: mutedUntil, member = true, posting = true }) {
  return visibility !== "direct" && member && !posting && !archived && !mutedUntil;
}

// Return the other one of a direct conversation of two if the user can write there after unblocking them.
export function blockedIn({ standing, people = [], blocked = [] }) {
  const other = people.length === 1 && blocked.includes(people[0].id) ? people[0] : null;
  return standing.archived ? null : other;
}

function reasonOf(page) {
  const { standing } = page;
  const { name, archived, muted_until: mutedUntil, mute_reason: why } = standing;
  if (standing.visibility === "direct" && archived) {
    return `${name} has left. You can read this conversation but not post.`;
  }
  if (blockedIn(page)) {
    return `You blocked ${name}. Unblock them to write here.`;
  }
  if (standing.visibility === "direct" && standing.posting === false) {
    return "You can’t send messages in this conversation.";
  }
  if (archived) {
    return "This room is archived. You can read it but not post.";
  }
  if (mutedUntil) {
    return `A moderator has muted you${until(new Date(mutedUntil))}${why ? `: ${why}` : "."}`;
  }
  return onlyReacts(standing) ? "Only owners and moderators can post in this room. You can read it and react." : "";
}

function until(moment) {
  return moment.getFullYear() >= PERMANENT_YEAR - 1 ? "" : ` until ${dayName(moment)}, ${clockTime(moment)}`;
}
