// Marks the log as busy (aria-busy) while older messages load, so that screen readers don't announce them.

export class AriaBusy {
  #log;
  #history;

  constructor(root, history) {
    this.#log = root.querySelector("[data-log]");
    this.#history = history;
  }

  connect() {
    this.#history.addEventListener("busy", () => this.#log.setAttribute("aria-busy", "true"));
    this.#history.addEventListener("idle", () => requestAnimationFrame(() => requestAnimationFrame(() => this.#end())));
  }

  #end() {
    if (!this.#history.isBusy) {
      this.#log.removeAttribute("aria-busy");
    }
  }
}
