// The forms that join, leave and star a room, and close a direct conversation. They work without scripts; with them, the page stays. The event
// "membership" of the document carries the room as it is now.

import { Notices } from "./notices.js";

const TIMEOUT_MS = 15_000;
const NO_ANSWER = "No connection. Try again when you’re back online.";

export class MembershipForms {
  #root;

  constructor(root) {
    this.#root = root;
  }

  // After CsrfToken, which renews the token of a form and submits it again.
  connect() {
    this.#root.addEventListener("submit", (event) => this.#onSubmit(event));
  }

  #onSubmit(event) {
    if (!event.defaultPrevented && event.target.matches("[data-membership]")) {
      event.preventDefault();
      this.#submit(event.target, event.submitter ?? event.target.querySelector("button:not([type])"));
    }
  }

  async #submit(form, button) {
    if (button.getAttribute("aria-disabled") === "true") {
      return;
    }
    button.setAttribute("aria-disabled", "true");
    try {
      await this.#send(form, button);
    } catch (refusal) {
      this.#say(refusal.message);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  // One button of a form may have its own address.
  async #send(form, button) {
    const answer = await post(form, button.getAttribute("formaction") ?? form.action);
    const { room, members, error } = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    if (room) {
      this.#show(form, { ...room, members });
      // A closed conversation leaves the list.
      const joined = room.joined && button.dataset.close === undefined;
      this.#root.dispatchEvent(new CustomEvent("membership", { detail: { room: { ...room, joined } } }));
      if (button.closest("li")?.querySelector("[data-slug][aria-current]")) {
        window.location.assign("/");
      }
    } else if (error) {
      this.#say(error.detail);
    } else {
      // Access is lost, or the answer is a page for people, such as the request to sign in.
      window.location.reload();
    }
  }

  // Show the state on the room's row, if there is one, and keep the focus there.
  #show(form, { slug, name, joined, starred, members }) {
    for (const row of this.#root.querySelectorAll(`[data-place="${CSS.escape(slug)}"]`)) {
      const hadFocus = row.contains(this.#root.activeElement);
      row.querySelectorAll("[data-when]").forEach((part) => (part.hidden = (part.dataset.when === "joined") !== joined));
      row.querySelectorAll("[data-star]").forEach((button) => button.setAttribute("aria-pressed", starred));
      row.querySelectorAll("[data-on]").forEach((field) => (field.value = Number(!starred)));
      row.querySelectorAll("[data-members]").forEach((part) => (part.textContent = `${members} member${members === 1 ? "" : "s"}`));
      if (hadFocus && form.hidden) {
        row.querySelector("[data-row-link]").focus();
      }
    }
    this.#say(said(form, { name, joined, starred }));
  }

  #say(sentence) {
    const note = this.#root.querySelector("[data-membership-note]");
    if (note) {
      note.textContent = sentence;
    } else if (this.#root.querySelector("[data-notice]")) {
      new Notices(this.#root).say(sentence);
    }
  }
}

async function post(form, address) {
  try {
    return await fetch(address, {
      method: "POST",
      body: new FormData(form),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { Accept: "application/json" },
    });
  } catch (error) {
    throw new Error(NO_ANSWER, { cause: error });
  }
}

function said(form, { name, joined, starred }) {
  if (form.querySelector("[data-star]")) {
    return starred ? `${name} is starred.` : `${name} is no longer starred.`;
  }
  if (form.id === "close-form") {
    return `The conversation with ${name} is closed.`;
  }
  return joined ? `You’ve joined ${name}.` : `You’ve left ${name}.`;
}
