// The menu of message actions: beside its button, or a sheet at the bottom on a phone.

import { placeBeside } from "./placement.js";

const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

export class MessageMenu {
  #root;
  #menu;
  #article = null;
  #returnTo = null;

  constructor(root) {
    this.#root = root;
    this.#menu = root.querySelector("#message-menu");
  }

  // `choose(article, name, button)` is called after the menu is closed and the focus is restored.
  connect(choose) {
    this.#menu.addEventListener("keydown", (event) => this.#press(event));
    // The popover is "manual", because the browser would treat the end of a long press as a click outside.
    this.#root.addEventListener("pointerdown", ({ target }) => this.#article && !this.#menu.contains(target) && this.#close());
    window.addEventListener("resize", () => this.#article && this.#close());
    this.#menu.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-do]");
      if (button) {
        const article = this.#article;
        this.#close();
        choose(article, button.dataset.do, button);
      }
    });
  }

  open(article, anchor, offers) {
    this.#close();
    this.#offer(offers);
    this.#article = article;
    this.#returnTo = this.#root.activeElement;
    article.setAttribute("data-active", "");
    this.#menu.showPopover();
    placeBeside(this.#menu, anchor);
    this.#items[0].focus();
  }

  // Update the offered actions if the menu is still open for this message.
  refresh(article, offers) {
    if (this.#article === article) {
      this.#offer(offers);
    }
  }

  #offer(offers) {
    this.#menu.querySelectorAll("[data-if]").forEach((part) => (part.hidden = !offers[part.dataset.if]));
  }

  get #items() {
    return [...this.#menu.querySelectorAll("[role=menuitem]")].filter((item) => !item.closest("[hidden]"));
  }

  #press(event) {
    const items = this.#items;
    const index = items.indexOf(event.target);
    const step = STEPS[event.key];
    if (step) {
      event.preventDefault();
      items.at((index + step) % items.length).focus();
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      items.at(event.key === "Home" ? 0 : -1).focus();
    } else if (event.key === "Tab" || event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.#close();
    }
  }

  #close() {
    if (this.#article) {
      this.#menu.hidePopover();
      this.#returnTo.focus({ preventScroll: true });
      this.#article.removeAttribute("data-active");
      this.#article = null;
    }
  }
}
