// Shows the answers to commands, which only the user sees. They are gone when the page is loaded again.

import { fill } from "./message_view.js";

const MOST = 5;

export class PrivateAnswers {
  #root;
  #list;
  #socket;

  constructor(root, { socket }) {
    this.#root = root;
    this.#list = root.querySelector("[data-private-answers]");
    this.#socket = socket;
  }

  connect() {
    this.#socket.addEventListener("ephemeral", ({ detail }) => this.#list && this.#show(detail));
    this.#list?.addEventListener("click", ({ target }) => target.closest("[data-dismiss]") && this.#dismiss(target));
  }

  #dismiss(target) {
    target.closest("[data-answer]").remove();
    this.#root.querySelector("[data-text]").focus();
  }

  // The server has made the HTML from Markdown, like that of messages.
  #show({ name, html }) {
    const item = this.#root.getElementById("private-answer-template").content.firstElementChild.cloneNode(true);
    item.querySelector("[data-command]").textContent = `/${name}`;
    fill(item.querySelector("[data-answer-text]"), html);
    this.#list.append(item);
    while (this.#list.children.length > MOST) {
      this.#list.firstElementChild.remove();
    }
  }
}
