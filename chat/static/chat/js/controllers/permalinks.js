// Scrolls to the message of a link `#<seq>` and loads it if needed. The browser's Back returns to the earlier position.

export class Permalinks {
  #root;
  #log;
  #history;
  #timeline;
  #scroller;
  #notices;
  #revealing = 0;

  constructor(root, { history, timeline, scroller, notices }) {
    this.#root = root;
    this.#log = root.querySelector("[data-log]");
    this.#history = history;
    this.#timeline = timeline;
    this.#scroller = scroller;
    this.#notices = notices;
  }

  // This also sets the initial scroll position.
  connect() {
    this.#log.addEventListener("click", (event) => this.#follow(event));
    this.#log.addEventListener("animationend", ({ target }) => target.removeAttribute("data-found"));
    window.addEventListener("popstate", ({ state }) => this.#restore(seqIn(location.hash), state?.place));
    this.#open(seqIn(location.hash));
  }

  async #open(seq) {
    if (!seq || !(await this.#reveal(seq))) {
      this.#scroller.begin();
    }
  }

  #follow(event) {
    const link = event.target.closest("[data-quote], [data-permalink]");
    if (link && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
      event.preventDefault();
      if (link.hash !== location.hash) {
        history.replaceState({ place: this.#timeline.anchorSeq }, "");
        history.pushState(null, "", link.hash);
      }
      this.#reveal(seqIn(link.hash));
    }
  }

  // Restore a history entry. An entry that the reader left knows its position; null means the end.
  #restore(seq, anchorSeq) {
    if (anchorSeq === undefined) {
      return seq && this.#reveal(seq);
    }
    return anchorSeq === null ? this.#scroller.toEnd() : this.#goBack(anchorSeq);
  }

  async #reveal(seq) {
    const article = await this.#find(seq);
    if (article) {
      this.#scroller.show(article);
      article.setAttribute("tabindex", "-1");
      article.focus({ preventScroll: true });
      article.setAttribute("data-found", "");
    }
    return Boolean(article);
  }

  async #goBack(anchorSeq) {
    const article = await this.#find(anchorSeq);
    if (article) {
      this.#scroller.show(article, "start");
    }
  }

  // Return the article with this sequence number. Null if there is none (with a notice) or another link was followed.
  async #find(seq) {
    const revealing = ++this.#revealing;
    try {
      if (!(await this.#history.reach(seq))) {
        this.#notices.say(`There’s no message ${seq} in this room.`);
      }
    } catch (error) {
      if (error.name !== "AbortError") {
        console.warn("Could not load a message.", error);
        this.#notices.say("Couldn’t load that message. Try the link again in a moment.");
      }
    }
    return revealing === this.#revealing ? this.#root.getElementById(String(seq)) : null;
  }
}

// Return the sequence number in a URL fragment, or null.
function seqIn(hash) {
  return /^#[1-9]\d{0,14}$/.test(hash) ? Number(hash.slice(1)) : null;
}
