// Code blocks in messages: shows the language and a copy button.

import { copy } from "./clipboard.js";

const LANGUAGE = /^language-(.+)$/u;
const CONFIRMATION_MS = 2_000;

// Wrap each code block of a message body in a frame with a copy button.
export function frameCode(body) {
  for (const block of body.querySelectorAll("pre")) {
    const frame = body.ownerDocument.getElementById("code-template").content.firstElementChild.cloneNode(true);
    const language = LANGUAGE.exec(block.firstElementChild?.className ?? "")?.[1];
    block.replaceWith(frame);
    frame.prepend(block);
    frame.dataset.language = language ?? "";
    // A scrollable element must be reachable by keyboard.
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
      setTimeout(() => (button.textContent = "Copy"), CONFIRMATION_MS);
      this.#notices.say("Copied");
    } catch {
      this.#notices.say("Couldn’t copy. Your browser blocked it. Select the code instead.");
    }
  }
}
