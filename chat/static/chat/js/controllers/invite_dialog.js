// The parts of the dialog "Invite people" that ask the server: adding someone by name, and an invitation link.

import { NameSuggestions } from "./name_suggestions.js";

export class InviteDialog {
  #dialog;
  #form;
  #create;
  #link;
  #said;
  #api;
  #isUnderway = false;

  // Someone who may not invite has none of these parts.
  constructor(root, { api }) {
    this.#dialog = root.getElementById("invite");
    this.#form = this.#dialog.querySelector("[data-add-person]");
    this.#create = this.#dialog.querySelector("[data-create-link]");
    this.#link = this.#dialog.querySelector("[data-created-link]");
    this.#said = this.#dialog.querySelector("[data-invite-said]");
    this.#api = api;
  }

  connect() {
    this.#form?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#once(() => this.#add());
    });
    this.#create?.addEventListener("click", () => this.#once(() => this.#createLink()));
    if (this.#form) {
      new NameSuggestions(this.#form.elements.name).connect();
    }
    return this;
  }

  // `name` is that of someone to add.
  open(name) {
    if (this.#form) {
      this.#form.elements.name.value = name;
      this.#said.textContent = "";
    }
  }

  async #add() {
    const { person } = await this.#api.add(this.#form.elements.name.value.trim());
    this.open("");
    this.#said.textContent = `${person.name} is now in this room.`;
  }

  async #createLink() {
    const { invitation } = await this.#api.createInvitation();
    const field = this.#link.querySelector("input");
    field.value = invitation.url;
    this.#link.querySelector("img").src = `/invitations/${invitation.id}/qr.svg`;
    this.#link.hidden = false;
    this.#create.hidden = true;
    field.select();
    this.#said.textContent = `${invitation.max_uses} people can join with this link, for 7 days.`;
    this.#said.scrollIntoView({ block: "nearest" });
  }

  // A second click while the request runs does nothing.
  async #once(act) {
    if (this.#isUnderway) {
      return;
    }
    this.#isUnderway = true;
    try {
      await act();
    } catch (refusal) {
      this.#said.textContent = refusal.message;
    } finally {
      this.#isUnderway = false;
    }
  }
}
