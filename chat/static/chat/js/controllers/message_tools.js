// How people get at what can be done to a message: the buttons at its corner, a long press, or Enter on the message.
// The log is one stop for the Tab key; the arrow keys go from message to message.

const LONG_PRESS_MS = 450;
const STILL_PX = 10;

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
    // The focus stays where it was, so that whoever writes goes on writing.
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

  // The message that Tab leads to: the one that had the focus, else the newest.
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
    // Not "pointerup": the "touchend" that follows it still has to know. A scroll cancels the pointer.
    for (const end of ["touchend", "touchcancel", "pointercancel"]) {
      this.#root.addEventListener(end, () => this.#endPress());
    }
    // The end of a long press is no tap on what has opened under the finger.
    this.#log.addEventListener("touchend", (event) => this.#press?.isLong && event.preventDefault(), { passive: false });
    // What a browser itself would open on a long press.
    this.#log.addEventListener("contextmenu", (event) => event.pointerType === "touch" && event.preventDefault());
  }

  #startPress({ target, pointerType, clientX, clientY }) {
    const article = target.closest("article[data-seq]");
    if (pointerType === "touch" && article && !article.dataset.state && !target.closest("a, button, textarea, pre")) {
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
