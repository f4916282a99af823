// Deleting a message, after a question.

export class Deletion {
  #dialog;
  #author;
  #text;
  #commands;
  #notices;
  #view = null;

  constructor(root, { commands, notices }) {
    this.#dialog = root.querySelector("#delete-dialog");
    this.#author = root.querySelector("[data-delete-author]");
    this.#text = root.querySelector("[data-delete-text]");
    this.#commands = commands;
    this.#notices = notices;
  }

  connect() {
    this.#dialog.addEventListener("close", () => this.#dialog.returnValue === "delete" && this.#delete(this.#view.seq));
  }

  ask(view) {
    this.#view = view;
    this.#author.textContent = view.authorName;
    this.#text.textContent = view.summary;
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
  }

  async #delete(seq) {
    try {
      await this.#commands.delete(seq);
    } catch (refusal) {
      this.#notices.say(refusal.message);
    }
  }
}
