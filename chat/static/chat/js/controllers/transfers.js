// Refuses what is pasted or dropped and a message can't hold: files, and texts so long that the page would stop responding.

import { plural } from "../helpers/text.js";

const MAX_TEXT = 100_000;

export class Transfers {
  #root;
  #text;
  #limit;
  #say;

  // Files are dropped anywhere in `root`, or nowhere without it. `limit`: the characters of a message. `say` shows a sentence.
  constructor(root, text, { limit, say }) {
    this.#root = root;
    this.#text = text;
    this.#limit = limit;
    this.#say = say;
  }

  connect() {
    this.#text.addEventListener("paste", (event) => this.#check(event, event.clipboardData));
    // Anywhere on the page, the browser would open a dropped file and leave the room.
    this.#root?.addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
    this.#root?.addEventListener("drop", (event) => this.#check(event, event.dataTransfer));
  }

  #check(event, data) {
    const text = data.getData("text/plain");
    const count = this.#text.value.length + text.length;
    if (text && count > MAX_TEXT) {
      this.#refuse(event, `That’s too much text: ${plural(count, "character")}. A message can have at most ${this.#limit.toLocaleString("en")}.`);
    } else if (!text && data.files.length) {
      this.#refuse(event, "You can’t send files yet. You can send a link to one.");
    }
  }

  #refuse(event, sentence) {
    event.preventDefault();
    this.#say(sentence);
  }
}
