// The message box. Every message starts here: it is added to the outbox, which shows and sends it.

import { isComposing, submits } from "../helpers/keys.js";
import { load, remove, save } from "../helpers/storage.js";
import { lengthOf, plural } from "../helpers/text.js";
import { autosize } from "./autosize.js";

const COUNT_FROM_LEFT = 200;

export class Composer {
  #form;
  #text;
  #button;
  #counter;
  #outbox;
  #typing;
  #scroller;
  #parts;
  #limit;
  #draftKey;
  #isTouch = matchMedia("(pointer: coarse)");

  // `parts`: { replyBar, complete, editLast, picker }.
  constructor(root, { outbox, typing, scroller, page, ...parts }) {
    this.#form = root.querySelector("[data-composer]");
    this.#text = root.querySelector("[data-text]");
    this.#button = root.querySelector("[data-send]");
    this.#counter = root.querySelector("[data-counter]");
    this.#outbox = outbox;
    this.#typing = typing;
    this.#scroller = scroller;
    this.#parts = parts;
    this.#limit = page.limits.body;
    this.#draftKey = `chat.draft.${page.you.id}.${page.slug}`;
  }

  // An archived room has no message box.
  connect() {
    if (!this.#form) {
      return;
    }
    this.#parts.complete(this.#text);
    this.#parts.replyBar.connect(() => this.#text.focus());
    this.#form.addEventListener("submit", (event) => this.#submit(event));
    this.#text.addEventListener("keydown", (event) => this.#press(event));
    this.#text.addEventListener("input", () => this.#written());
    this.#form.querySelector("[data-emoji-open]").addEventListener("click", (event) => this.#pickEmoji(event.currentTarget));
    this.#text.value = load(this.#draftKey) ?? "";
    this.#fit();
    if (!this.#isTouch.matches) {
      this.#text.focus({ preventScroll: true });
    }
  }

  replyTo(view) {
    this.#parts.replyBar.start(view);
    this.#text.focus();
  }

  #press(event) {
    if (submits(event, this.#isTouch.matches)) {
      event.preventDefault();
      this.#form.requestSubmit();
    } else if (event.key === "ArrowUp" && this.#text.value === "" && !isComposing(event)) {
      event.preventDefault();
      this.#parts.editLast();
    } else if (event.key === "Escape" && this.#parts.replyBar.reply && !isComposing(event)) {
      event.stopPropagation();
      this.#parts.replyBar.clear();
    }
  }

  // The text field is emptied first, so that a second click can't send the message twice.
  #submit(event) {
    event.preventDefault();
    const body = this.#text.value;
    if (!this.#canSend) {
      return;
    }
    const { reply } = this.#parts.replyBar;
    this.#text.value = "";
    this.#written();
    this.#parts.replyBar.clear();
    this.#outbox.add(body.trimEnd(), reply);
    this.#scroller.toEnd();
    this.#text.focus();
  }

  #pickEmoji(button) {
    const { selectionStart, selectionEnd } = this.#text;
    this.#parts.picker.open(button, (emoji) => {
      this.#text.setRangeText(emoji, selectionStart, selectionEnd, "end");
      this.#written();
      this.#text.focus();
    });
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
    autosize(this.#text);
    this.#counter.textContent = left <= COUNT_FROM_LEFT ? leftSentence(left) : "";
    this.#counter.toggleAttribute("data-over", left < 0);
    this.#button.disabled = !this.#canSend;
  }
}

function leftSentence(left) {
  return left < 0 ? `${plural(-left, "character")} over the limit` : `${plural(left, "character")} left`;
}
