// The files of a message that is being edited. Some of them can be removed, and kept again until the edit is saved.

import { isolated } from "../helpers/text.js";

export class EditedFiles {
  #list;
  #files;
  #removed = new Set();

  constructor(list, files) {
    this.#list = list;
    this.#files = files;
  }

  connect() {
    this.#list.hidden = this.#files.length === 0;
    this.#list.append(...this.#files.map((file) => this.#item(file)));
  }

  get kept() {
    return this.#files.map(({ key }) => key).filter((key) => !this.#removed.has(key));
  }

  get removed() {
    return [...this.#removed];
  }

  #item({ key, name }) {
    const { ownerDocument: root } = this.#list;
    const [item, label, button] = ["li", "bdi", "button"].map((tag) => root.createElement(tag));
    label.textContent = name;
    button.type = "button";
    button.className = "quiet-link";
    button.addEventListener("click", () => this.#toggle(key, item, button));
    item.append(label, button);
    this.#name(button, name, false);
    return item;
  }

  #toggle(key, item, button) {
    const isRemoved = !this.#removed.delete(key) && Boolean(this.#removed.add(key));
    item.toggleAttribute("data-removed", isRemoved);
    this.#name(button, item.firstChild.textContent, isRemoved);
  }

  #name(button, name, isRemoved) {
    button.textContent = isRemoved ? "Keep" : "Remove";
    button.setAttribute("aria-label", `${button.textContent} ${isolated(name)}`);
  }
}
