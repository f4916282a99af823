// Joining and leaving the room, starring it, its details, and inviting people.

import { longDate } from "../helpers/dates.js";
import { RoomApi } from "../models/room_api.js";
import { InviteDialog } from "./invite_dialog.js";

export class RoomMembership {
  api;
  #root;
  #page;
  #standing;
  #notices;
  #invite = null;
  #isUnderway = false;

  constructor(root, { page, standing, notices, csrfToken }) {
    this.api = new RoomApi({ slug: page.slug, token: () => csrfToken.current() });
    this.#root = root;
    this.#page = page;
    this.#standing = standing;
    this.#notices = notices;
  }

  join() {
    return this.#once(this.#notices, async () => {
      await this.api.join();
      this.#standing.setMember(true);
      this.#root.querySelector("[data-text]").focus();
    });
  }

  star() {
    const button = this.#root.querySelector("[data-star]");
    const isOn = button.getAttribute("aria-pressed") !== "true";
    return this.#once(this.#notices, async () => {
      await this.api.star(isOn);
      button.setAttribute("aria-pressed", isOn);
      this.#root.dispatchEvent(new CustomEvent("membership", { detail: { room: { slug: this.#page.slug, starred: isOn } } }));
      this.#notices.say(isOn ? "Starred. This room comes first in your list." : "Star removed");
    });
  }

  // A private room no longer exists for someone who left it.
  leave() {
    const dialog = this.#root.getElementById("leave-room");
    const error = dialog.querySelector("[data-error]");
    error.textContent = "";
    return this.#once({ say: (sentence) => (error.textContent = sentence) }, async () => {
      await this.api.leave();
      if (this.#page.standing.visibility !== "public") {
        location.assign("/");
        return;
      }
      dialog.close();
      this.#root.querySelector("[data-star]").setAttribute("aria-pressed", "false");
      this.#standing.setMember(false);
      this.#notices.say(`You left ${this.#page.standing.name}.`);
    });
  }

  openInvite() {
    this.#invite ??= new InviteDialog(this.#root, { api: this.api }).connect();
    this.#invite.open(this.#root.querySelector("[data-note-text] button")?.value ?? "");
  }

  async showDetails() {
    const note = this.#root.querySelector("[data-details-note]");
    try {
      const { room, details } = await this.api.details();
      this.#detail("name", room.name);
      this.#detail("topic", room.topic);
      this.#detail("members", String(details.members));
      this.#detail("owners", details.owners.map(({ name }) => name).join(", "));
      this.#detail("created", longDate(new Date(details.created_at)));
      this.#root.querySelector("[data-details]").hidden = false;
      note.textContent = "";
    } catch (refusal) {
      note.textContent = refusal.message;
    }
  }

  #detail(name, text) {
    const field = this.#root.querySelector(`[data-detail="${name}"]`);
    field.textContent = text;
    field.parentElement.hidden = !text;
  }

  // A second click while the request runs does nothing.
  async #once(errors, act) {
    if (this.#isUnderway) {
      return;
    }
    this.#isUnderway = true;
    try {
      await act();
    } catch (refusal) {
      errors.say(refusal.message);
    } finally {
      this.#isUnderway = false;
    }
  }
}
