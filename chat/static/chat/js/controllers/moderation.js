// Reporting a message, what is done about a person, the queue of reports, and who is muted or banned.

import { House } from "../models/house.js";
import { HeldList } from "./held_list.js";
import { ReportQueue } from "./report_queue.js";

const DONE = {
  mute: "muted",
  ban: "banned",
  remove: "no longer a member",
  moderator: "a moderator now",
  member: "an ordinary member now",
};

export class Moderation {
  #root;
  #house;
  #page;
  #notices;
  #about = null;

  constructor(root, { page, notices }) {
    this.#root = root;
    this.#page = page;
    this.#notices = notices;
    const token = () => root.querySelector("[name=csrfmiddlewaretoken]").value;
    this.#house = new House({ slug: page.slug, token });
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

  about(person, deed) {
    const dialog = this.#open("moderation");
    const form = dialog.querySelector("[data-moderation]");
    this.#about = person;
    dialog.querySelector("[data-about-person]").textContent = person.name;
    form.querySelectorAll("[data-owners-only]").forEach((choice) => (choice.hidden = this.#page.standing.role !== "owner"));
    form.elements.deed.value = deed;
    showFields(form);
  }

  superiors() {
    return this.#house.superiors();
  }

  list(name) {
    const List = name === "reports" ? ReportQueue : HeldList;
    return new List(this.#root, { house: this.#house }).show();
  }

  #open(id) {
    const dialog = this.#root.getElementById(id);
    dialog.querySelector("form[data-report], form[data-moderation]").reset();
    dialog.querySelector("[data-trouble]").textContent = "";
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
        form.querySelector("[data-trouble]").textContent = refusal.message;
      } finally {
        button.disabled = false;
      }
    });
  }

  async #report({ reason }) {
    const { first } = await this.#house.report(this.#about.seq, reason);
    return first ? "Thank you. The moderators will look at it." : "You have reported this message before.";
  }

  async #impose({ deed, seconds, newest, reason }) {
    const { id, name } = this.#about;
    if (deed === "moderator" || deed === "member") {
      await this.#house.giveRole(id, deed, reason);
    } else if (deed === "clean-up") {
      const { messages } = await this.#house.impose(id, deed, { newest: Number(newest), reason });
      return `${messages} messages of ${name} are deleted.`;
    } else {
      const duration = deed === "mute" ? { seconds: seconds ? Number(seconds) : null } : {};
      await this.#house.impose(id, deed, { ...duration, reason });
    }
    return `${name} is ${DONE[deed]}.`;
  }
}

function showFields(form) {
  form.querySelectorAll("[data-for]").forEach((field) => (field.hidden = field.dataset.for !== form.elements.deed.value));
}
