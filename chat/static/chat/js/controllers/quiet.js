// History that loads is read by those who want it, not announced: the log is busy until what came is in the document,
// and assistive technology has been told of it.

export class Quiet {
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
