// Moderation dialogs: report a message, act on a person, the report queue, and the muted and banned people. A change of
// someone's role is announced by the event "role" of the document.

import { plural } from "../helpers/text.js";
import { ModerationApi } from "../models/moderation_api.js";
import { SanctionList } from "./sanction_list.js";
import { ReportQueue } from "./report_queue.js";

const ROLES = ["owner", "moderator", "member"];
const REASON = "Reason (recorded in the audit log)";
const ACTIONS = {
  mute: { button: "Mute", done: "muted", reason: "Reason (shown to the person and recorded in the audit log)" },
  ban: { button: "Ban", done: "banned" },
  "clean-up": { button: "Delete messages" },
  remove: { button: "Remove from room", done: "no longer a member" },
  owner: { button: "Make an owner", done: "an owner now" },
  moderator: { button: "Make a moderator", done: "a moderator now" },
  member: { button: "Make a regular member", done: "a regular member now" },
};

export class Moderation {
  #root;
  #api;
  #page;
  #notices;
  #about = null;

  constructor(root, { page, notices, csrfToken }) {
    this.#root = root;
    this.#page = page;
    this.#notices = notices;
    this.#api = new ModerationApi({ slug: page.slug, token: () => csrfToken.current() });
  }

  connect() {
    this.#onSubmit("[data-report]", (fields) => this.#report(fields));
    this.#onSubmit("[data-moderation]", (fields) => this.#impose(fields));
    this.#root.querySelector("[data-moderation]")?.addEventListener("change", ({ currentTarget }) => showFields(currentTarget));
    return this;
  }

  report(view) {
    const dialog = this.#open("report");
    this.#about = view;
    dialog.querySelector("[data-about-author]").textContent = view.authorName;
    dialog.querySelector("[data-about-text]").textContent = view.summary;
  }

  about(person, operation) {
    const dialog = this.#open("moderation");
    const form = dialog.querySelector("[data-moderation]");
    this.#about = person;
    dialog.querySelector("[data-about-person]").textContent = person.name;
    form.querySelectorAll("[data-owners-only]").forEach((choice) => (choice.hidden = this.#page.standing.role !== "owner"));
    form.elements.operation.value = operation;
    showFields(form);
  }

  superiors() {
    return this.#api.superiors();
  }

  list(name) {
    const List = name === "reports" ? ReportQueue : SanctionList;
    return new List(this.#root, { api: this.#api }).show();
  }

  #open(id) {
    const dialog = this.#root.getElementById(id);
    dialog.querySelector("form[data-report], form[data-moderation]").reset();
    dialog.querySelector("[data-error]").textContent = "";
    dialog.showModal();
    return dialog;
  }

  #onSubmit(selector, act) {
    this.#root.querySelector(selector)?.addEventListener("submit", async (event) => {
      event.preventDefault();
      const form = event.currentTarget;
      const button = form.querySelector("button:not([type])");
      button.disabled = true;
      try {
        this.#notices.say(await act(Object.fromEntries(new FormData(form))));
        form.closest("dialog").close();
      } catch (refusal) {
        form.querySelector("[data-error]").textContent = refusal.message;
      } finally {
        button.disabled = false;
      }
    });
  }

  async #report({ reason }) {
    const { first } = await this.#api.report(this.#about.seq, reason);
    return first ? "Thanks. The moderators will take a look." : "You’ve already reported this message.";
  }

  async #impose({ operation, seconds, newest, reason }) {
    const { id, name } = this.#about;
    if (ROLES.includes(operation)) {
      await this.#api.giveRole(id, operation, reason);
      this.#root.dispatchEvent(new Event("role"));
    } else if (operation === "clean-up") {
      const { messages } = await this.#api.impose(id, operation, { newest: Number(newest), reason });
      return `Deleted ${plural(messages, "message")} by ${name}.`;
    } else {
      const duration = operation === "mute" ? { seconds: seconds ? Number(seconds) : null } : {};
      await this.#api.impose(id, operation, { ...duration, reason });
    }
    return `${name} is ${ACTIONS[operation].done}.`;
  }
}

// Show the fields, the reason's label and the button of the chosen action.
function showFields(form) {
  const operation = form.elements.operation.value;
  form.querySelectorAll("[data-for]").forEach((field) => (field.hidden = field.dataset.for !== operation));
  form.querySelector("[data-reason-label]").textContent = ACTIONS[operation].reason ?? REASON;
  const button = form.querySelector("[data-submit]");
  button.textContent = ACTIONS[operation].button;
  button.classList.toggle("danger", !ROLES.includes(operation));
}
