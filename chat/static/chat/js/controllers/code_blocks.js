// Blocks of code in messages: the language beside them, and a button that copies.

import { copy } from "./clipboard.js";

const LANGUAGE = /^language-(.+)$/u;
const TOLD_MS = 2_000;

// Puts a frame with a button around each block in a message's body.
export function frameCode(body) {
  for (const block of body.querySelectorAll("pre")) {
    const frame = body.ownerDocument.getElementById("code-template").content.firstElementChild.cloneNode(true);
    const language = LANGUAGE.exec(block.firstElementChild?.className ?? "")?.[1];
    block.replaceWith(frame);
    frame.prepend(block);
    frame.dataset.language = language ?? "";
    // What scrolls has to be reached by the keyboard.
    block.tabIndex = 0;
    block.setAttribute("role", "group");
    block.setAttribute("aria-label", language ? `Code, ${language}` : "Code");
  }
}

export class CodeBlocks {
  #log;
  #notices;

  constructor(root, { notices }) {
    this.#log = root.querySelector("[data-log]");
    this.#notices = notices;
  }

  connect() {
    this.#log.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-copy-code]");
      if (button) {
        this.#copy(button);
      }
    });
  }

  async #copy(button) {
    try {
      await copy(button.parentElement.querySelector("pre").textContent.trimEnd());
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), TOLD_MS);
      this.#notices.say("The code is copied.");
    } catch {
      this.#notices.say("The browser does not let this page copy. Select the code instead.");
    }
  }
}
