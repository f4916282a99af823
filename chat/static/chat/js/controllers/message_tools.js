// The ways to the message actions: buttons, Enter, or a long press beside the text (on the text it selects). The log is
// one tab stop with arrow keys.

const LONG_PRESS_MS = 450;
const STILL_PX = 10;
// A long press on these is left to the browser.
const NATIVE = "a, button, textarea, [data-body]";

export class MessageTools {
  #root;
  #log;
  #actions;
  #press = null;
  #focused = null;

  constructor(root, { actions }) {
    this.#root = root;
    this.#log = root.querySelector("[data-log]");
    this.#actions = actions;
  }

  connect() {
    this.#log.addEventListener("click", (event) => this.#click(event));
    this.#log.addEventListener("keydown", (event) => this.#key(event));
    this.#log.addEventListener("focusin", ({ target }) => this.#setStop(target.closest("article")));
    // Keep the focus in the message box when a button is clicked.
    this.#log.addEventListener("mousedown", (event) => event.target.closest("[data-tools]") && event.preventDefault());
    this.#listenForLongPresses();
    new MutationObserver(() => this.#setStop()).observe(this.#log, { childList: true });
    this.#setStop();
  }

  #click({ target }) {
    const button = target.closest("[data-tools] [data-do]");
    if (button) {
      this.#actions.perform(button.closest("article"), button.dataset.do, button);
    }
  }

  #key(event) {
    const { target, key } = event;
    const step = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[key];
    if (!target.matches("article")) {
      return;
    }
    if (step) {
      event.preventDefault();
      nextArticle(target, step)?.focus();
    } else if (key === "Enter" && !target.dataset.state) {
      event.preventDefault();
      this.#actions.perform(target, "more", target.querySelector("[data-time]"));
    }
  }

  // Set the tab stop of the log: the message that had the focus, else the newest.
  #setStop(article = this.#focused) {
    const before = this.#log.querySelector(':scope > article[tabindex="0"]');
    this.#focused = article?.isConnected ? article : null;
    const stop = this.#focused ?? [...this.#log.querySelectorAll(":scope > article")].at(-1);
    if (stop !== before) {
      before?.setAttribute("tabindex", "-1");
      stop?.setAttribute("tabindex", "0");
    }
  }

  #listenForLongPresses() {
    this.#log.addEventListener("pointerdown", (event) => this.#startPress(event));
    this.#log.addEventListener("pointermove", (event) => this.#movePress(event));
    // Not "pointerup": the "touchend" after it still needs the press. Scrolling cancels the pointer.
    for (const end of ["touchend", "touchcancel", "pointercancel"]) {
      this.#root.addEventListener(end, () => this.#endPress());
    }
    // The end of a long press must not tap the menu that opened under the finger.
    this.#log.addEventListener("touchend", (event) => this.#press?.isLong && event.preventDefault(), { passive: false });
    // Prevent the browser's own context menu on a long press that opens ours.
    this.#log.addEventListener("contextmenu", (event) => {
      if (event.pointerType === "touch" && !event.target.closest(NATIVE)) {
        event.preventDefault();
      }
    });
  }

  #startPress({ target, pointerType, clientX, clientY }) {
    const article = target.closest("article[data-seq]");
    if (pointerType === "touch" && article && !article.dataset.state && !target.closest(NATIVE)) {
      const timer = setTimeout(() => this.#longPress(article), LONG_PRESS_MS);
      this.#press = { timer, clientX, clientY, isLong: false };
    }
  }

  #longPress(article) {
    this.#press.isLong = true;
    this.#actions.perform(article, "more", article);
  }

  #movePress({ clientX, clientY }) {
    if (this.#press && Math.hypot(clientX - this.#press.clientX, clientY - this.#press.clientY) > STILL_PX) {
      this.#endPress();
    }
  }

  #endPress() {
    clearTimeout(this.#press?.timer);
    this.#press = null;
  }
}

function nextArticle(article, step) {
  let next = article[step];
  while (next && !next.matches("article")) {
    next = next[step];
  }
  return next;
}
