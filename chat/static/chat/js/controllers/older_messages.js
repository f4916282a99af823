// Loads older messages before somebody who scrolls up gets to the top.

const MARGIN = "800px 0px 0px 0px";

export class OlderMessages {
  #log;
  #top;
  #note;
  #button;
  #beginning;
  #history;
  #timeline;
  #scroller;
  #observer;

  constructor(root, { history, timeline, scroller }) {
    this.#log = root.querySelector("[data-log]");
    this.#top = root.querySelector("[data-older]");
    this.#note = root.querySelector("[data-older-note]");
    this.#button = root.querySelector("[data-older-load]");
    this.#beginning = root.querySelector("[data-beginning]");
    this.#history = history;
    this.#timeline = timeline;
    this.#scroller = scroller;
    this.#observer = new IntersectionObserver((entries) => entries.at(-1).isIntersecting && this.#load(), {
      root: root.querySelector("[data-scroll]"),
      rootMargin: MARGIN,
    });
  }

  connect() {
    this.#button.addEventListener("click", () => this.#load());
    this.#timeline.addEventListener("changed", () => this.#show());
    this.#timeline.addEventListener("replaced", () => this.#show());
    this.#observer.observe(this.#top);
  }

  async #load() {
    if (!this.#timeline.more) {
      return;
    }
    this.#say("Loading older messages…");
    this.#log.setAttribute("aria-busy", "true");
    try {
      await this.#history.older();
      this.#say("");
      this.#lookAgain();
    } catch {
      this.#say("The older messages could not be loaded.", "Try again");
    } finally {
      this.#log.removeAttribute("aria-busy");
    }
  }

  #say(note, offer = "") {
    this.#scroller.keep(() => {
      this.#note.textContent = note;
      this.#button.textContent = offer;
      this.#button.hidden = !offer;
    });
  }

  #show() {
    this.#scroller.keep(() => {
      this.#top.hidden = !this.#timeline.more;
      this.#beginning.hidden = this.#timeline.more;
    });
  }

  // An observer only tells of changes, and a short page may leave the top in view.
  #lookAgain() {
    this.#observer.unobserve(this.#top);
    this.#observer.observe(this.#top);
  }
}
