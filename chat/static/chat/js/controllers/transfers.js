// Takes files that are pasted or dropped, and refuses texts so long that the page would stop responding.

import { plural } from "../helpers/text.js";

const MAX_TEXT = 100_000;

export class Transfers {
  #root;
  #text;
  #limit;
  #say;
  #attach;

  // Files are dropped anywhere in `root`, or nowhere without it. `limit`: the characters of a message. `say` shows a
  // sentence. `attach` takes files, if they can be attached here.
  constructor(root, text, { limit, say, attach = null }) {
    this.#root = root;
    this.#text = text;
    this.#limit = limit;
    this.#say = say;
    this.#attach = attach;
  }

  connect() {
    this.#text.addEventListener("paste", (event) => this.#check(event, event.clipboardData));
    // Anywhere on the page, the browser would open a dropped file and leave the room.
    this.#root?.addEventListener("dragover", (event) => this.#onDragOver(event));
    this.#root?.addEventListener("dragleave", (event) => event.relatedTarget === null && this.#showTarget(false));
    this.#root?.addEventListener("drop", (event) => this.#onDrop(event));
  }

  #onDragOver(event) {
    if (event.dataTransfer.types.includes("Files")) {
      event.preventDefault();
      this.#showTarget(Boolean(this.#attach));
    }
  }

  #onDrop(event) {
    this.#showTarget(false);
    this.#check(event, event.dataTransfer);
  }

  #showTarget(isShown) {
    this.#root.documentElement.toggleAttribute("data-dropping", isShown);
  }

  #check(event, data) {
    const text = data.getData("text/plain");
    const count = this.#text.value.length + text.length;
    if (text && count > MAX_TEXT) {
      this.#refuse(event, `That’s too much text: ${plural(count, "character")}. A message can have at most ${this.#limit.toLocaleString("en")}.`);
    } else if (!text && data.files.length) {
      event.preventDefault();
      this.#takeFiles([...data.files]);
    }
  }

  #takeFiles(files) {
    if (this.#attach) {
      this.#attach(files);
    } else {
      this.#say("You can’t attach files here. You can send a link to one.");
    }
  }

  #refuse(event, sentence) {
    event.preventDefault();
    this.#say(sentence);
  }
}
