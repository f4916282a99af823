// The buttons below the message box: a toolbar, which is one stop of the Tab key (WAI-ARIA). On a phone another button
// shows and hides it.

import { shortcutName } from "../helpers/keys.js";

export class ComposerTools {
  #bar;
  #toggle;
  #buttons;
  #acts;

  // `acts`: { format, pickEmoji }.
  constructor(form, acts) {
    this.#bar = form.querySelector("[data-tools]");
    this.#toggle = form.querySelector("[data-tools-toggle]");
    this.#buttons = [...this.#bar.querySelectorAll("button")];
    this.#acts = acts;
  }

  connect() {
    for (const element of [this.#bar, this.#toggle]) {
      // The text keeps the focus, and a phone its keyboard.
      element.addEventListener("mousedown", (event) => event.preventDefault());
    }
    this.#bar.addEventListener("click", ({ target }) => this.#use(target.closest("button")));
    this.#bar.addEventListener("keydown", (event) => this.#press(event));
    this.#toggle.addEventListener("click", () => this.#show(this.#toggle.getAttribute("aria-expanded") !== "true"));
    this.#buttons.forEach((button) => (button.title = shortcutName(button.title)));
    this.#stopAt(0);
  }

  #use(button) {
    if (button?.dataset.format) {
      this.#acts.format(button.dataset.format);
    } else if (button && !button.dataset.attach) {
      this.#acts.pickEmoji(button);
    }
  }

  #press(event) {
    // The camera is for phones.
    const shown = this.#buttons.filter((button) => button.checkVisibility());
    const last = shown.length - 1;
    const at = shown.indexOf(event.target);
    const isToLeft = getComputedStyle(this.#bar).direction === "rtl";
    const step = isToLeft ? -1 : 1;
    const next = { ArrowRight: at + step, ArrowLeft: at - step, Home: 0, End: last }[event.key];
    if (shown[next]) {
      event.preventDefault();
      this.#stopAt(this.#buttons.indexOf(shown[next]));
      shown[next].focus();
    }
  }

  #stopAt(index) {
    this.#buttons.forEach((button, at) => (button.tabIndex = at === index ? 0 : -1));
  }

  #show(isShown) {
    this.#toggle.setAttribute("aria-expanded", String(isShown));
    this.#bar.toggleAttribute("data-shown", isShown);
  }
}
