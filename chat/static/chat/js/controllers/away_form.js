// Helps to fill in the time zone of the quiet hours: proposes the browser's when a time is entered, and lists all.

export class AwayForm {
  #form;

  constructor(root) {
    this.#form = root.querySelector("[data-away-form]");
  }

  connect() {
    const { zone } = this.#form.elements;
    zone.addEventListener("focus", () => this.#list(), { once: true });
    this.#form.addEventListener("input", ({ target }) => {
      if (target.type === "time" && target.value && !zone.value) {
        zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
      }
    });
  }

  #list() {
    const list = this.#form.querySelector("[data-zones]");
    for (const name of Intl.supportedValuesOf?.("timeZone") ?? []) {
      list.append(new Option("", name));
    }
  }
}
