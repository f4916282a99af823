// The forms that join, leave and star a room. They work without scripts; with them, the page stays. The event
// "membership" of the document carries the room as it is now.

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
      this.#submit(event.target);
    }
  }

  async #submit(form) {
    const button = form.querySelector("button:not([type])");
    if (button.getAttribute("aria-disabled") === "true") {
      return;
    }
    button.setAttribute("aria-disabled", "true");
    try {
      await this.#send(form);
    } catch (refusal) {
      this.#say(refusal.message);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  async #send(form) {
    const answer = await post(form);
    const { room, members, error } = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    if (room) {
      this.#show(form, { ...room, members });
      this.#root.dispatchEvent(new CustomEvent("membership", { detail: { room } }));
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
    }
  }
}

async function post(form) {
  try {
    return await fetch(form.action, {
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
  return joined ? `You’ve joined ${name}.` : `You’ve left ${name}.`;
}
