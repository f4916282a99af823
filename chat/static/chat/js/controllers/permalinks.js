// Brings the message that a link `#<seq>` names into view, loading it where needed.

export class Permalinks {
  #root;
  #log;
  #history;
  #scroller;

  constructor(root, { history, scroller }) {
    this.#root = root;
    this.#log = root.querySelector("[data-log]");
    this.#history = history;
    this.#scroller = scroller;
  }

  connect() {
    this.#log.addEventListener("click", (event) => this.#follow(event));
    this.#log.addEventListener("animationend", ({ target }) => target.removeAttribute("data-found"));
    window.addEventListener("hashchange", () => this.#reveal(location.hash));
    if (location.hash) {
      this.#reveal(location.hash);
    }
  }

  #follow(event) {
    const link = event.target.closest("[data-quote], [data-permalink]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      history.pushState(null, "", link.hash);
      this.#reveal(link.hash);
    }
  }

  async #reveal(hash) {
    const seq = Number(hash.slice(1));
    if (!Number.isInteger(seq) || seq < 1) {
      return;
    }
    this.#log.setAttribute("aria-busy", "true");
    try {
      await this.#history.reach(seq);
    } finally {
      this.#log.removeAttribute("aria-busy");
    }
    const article = this.#root.getElementById(String(seq));
    if (article) {
      this.#scroller.show(article);
      article.setAttribute("tabindex", "-1");
      article.focus({ preventScroll: true });
      article.setAttribute("data-found", "");
    }
  }
}
