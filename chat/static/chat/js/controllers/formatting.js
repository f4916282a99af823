// Formats the selection of a message field, by key or by name. Ctrl+Z undoes each change.

import { bold, code, italic, link, list, mention } from "../helpers/formatting.js";
import { holdsShortcutKey, isComposing } from "../helpers/keys.js";
import { replaceText } from "./text_edits.js";

const FORMATS = { bold, italic, code, list, link, mention };
// Ctrl+Shift+8 is pressed where the layout has another character on that key, too.
const KEYS = { KeyB: "bold", KeyI: "italic", KeyE: "code" };
const SHIFTED_KEYS = { Digit8: "list" };

export class Formatting {
  #text;

  constructor(text) {
    this.#text = text;
  }

  connect() {
    this.#text.addEventListener("keydown", (event) => this.#press(event));
    return this;
  }

  apply(name) {
    const { value, selectionStart, selectionEnd } = this.#text;
    const { start, end, text, select } = FORMATS[name](value, selectionStart, selectionEnd);
    replaceText(this.#text, start, end, text);
    this.#text.setSelectionRange(...select);
  }

  #press(event) {
    if (isComposing(event) || !holdsShortcutKey(event)) {
      return;
    }
    const name = (event.shiftKey ? SHIFTED_KEYS[event.code] : KEYS[codeOf(event)]) ?? null;
    if (name) {
      event.preventDefault();
      this.apply(name);
    }
  }
}

// Letters are where the keyboard layout has them, and keys of a layout without Latin letters are where they are in English.
function codeOf({ key, code }) {
  return /^[a-z]$/iu.test(key) ? `Key${key.toUpperCase()}` : code;
}
