// Asks for confirmation and deletes a message.

export class Deletion {
  #dialog;
  #author;
  #text;
  #commands;
  #notices;
  #why;
  #reason;
  #you;
  #view = null;

  constructor(root, { commands, notices, you }) {
    this.#dialog = root.querySelector("#delete-dialog");
    this.#author = root.querySelector("[data-delete-author]");
    this.#text = root.querySelector("[data-delete-text]");
    this.#commands = commands;
    this.#notices = notices;
    this.#you = you;
    this.#why = root.querySelector("[data-delete-why]");
    this.#reason = root.querySelector("[data-delete-reason]");
  }

  connect() {
    this.#dialog.addEventListener("close", () => this.#dialog.returnValue === "delete" && this.#delete(this.#view.seq));
  }

  ask(view) {
    this.#view = view;
    this.#author.textContent = view.authorName;
    this.#text.textContent = view.summary;
    this.#dialog.returnValue = "";
    if (this.#why) {
      this.#why.hidden = view.authorId === String(this.#you.id);
      this.#reason.value = "";
    }
    this.#dialog.showModal();
  }

  async #delete(seq) {
    try {
      await this.#commands.delete(seq, this.#reason?.value);
    } catch (refusal) {
      this.#notices.say(refusal.message);
    }
  }
}
