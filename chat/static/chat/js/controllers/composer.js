// Where people write. Every message starts here: it goes into the outbox, and is shown and sent from there.

import { load, remove, save } from "../helpers/storage.js";
import { lengthOf } from "../helpers/text.js";

const COUNT_FROM_LEFT = 200;
// What older browsers report for keys that an input method takes.
const KEY_OF_INPUT_METHOD = 229;

export class Composer {
  #form;
  #text;
  #button;
  #counter;
  #outbox;
  #typing;
  #scroller;
  #limit;
  #draftKey;
  #isTouch = matchMedia("(pointer: coarse)");

  constructor(root, { outbox, typing, scroller, page }) {
    this.#form = root.querySelector("[data-composer]");
    this.#text = root.querySelector("[data-text]");
    this.#button = root.querySelector("[data-send]");
    this.#counter = root.querySelector("[data-counter]");
    this.#outbox = outbox;
    this.#typing = typing;
    this.#scroller = scroller;
    this.#limit = page.limits.body;
    this.#draftKey = `chat.draft.${page.you.id}.${page.slug}`;
  }

  // In an archived room there is nothing to write with.
  connect() {
    if (!this.#form) {
      return;
    }
    this.#form.addEventListener("submit", (event) => this.#submit(event));
    this.#text.addEventListener("keydown", (event) => this.#press(event));
    this.#text.addEventListener("input", () => this.#written());
    this.#text.value = load(this.#draftKey) ?? "";
    this.#fit();
    if (!this.#isTouch.matches) {
      this.#text.focus({ preventScroll: true });
    }
  }

  #press(event) {
    if (event.key !== "Enter" || event.isComposing || event.keyCode === KEY_OF_INPUT_METHOD) {
      return;
    }
    const always = event.ctrlKey || event.metaKey;
    if (always || !(event.shiftKey || event.altKey || this.#isTouch.matches)) {
      event.preventDefault();
      this.#form.requestSubmit();
    }
  }

  #submit(event) {
    event.preventDefault();
    const body = this.#text.value;
    if (!this.#canSend) {
      return;
    }
    this.#text.value = "";
    this.#written();
    this.#outbox.add(body.trimEnd());
    this.#scroller.toEnd();
    this.#text.focus();
  }

  #written() {
    this.#fit();
    if (this.#text.value) {
      save(this.#draftKey, this.#text.value);
      this.#typing.start();
    } else {
      remove(this.#draftKey);
      this.#typing.stop();
    }
  }

  get #canSend() {
    return this.#text.value.trim() !== "" && this.#left >= 0;
  }

  get #left() {
    return this.#limit - lengthOf(this.#text.value.trimEnd());
  }

  #fit() {
    const left = this.#left;
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight}px`;
    this.#counter.textContent = left <= COUNT_FROM_LEFT ? `${left} left` : "";
    this.#counter.toggleAttribute("data-over", left < 0);
    this.#button.disabled = !this.#canSend;
  }
}
