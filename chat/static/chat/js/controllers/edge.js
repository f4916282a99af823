// One end of the loaded messages: loads the next page before the reader scrolls to the end, and shows failures.

const MARGIN_PX = 1_500;
const ENDS = {
  older: { isOpen: (timeline) => timeline.more, load: (history) => history.older(), beyond: "[data-beginning]" },
  newer: { isOpen: (timeline) => !timeline.reachesEnd, load: (history) => history.newer(), beyond: null },
};

export class Edge {
  #end;
  #edge;
  #note;
  #failure;
  #button;
  #beyond;
  #history;
  #timeline;
  #scroller;
  #observer;
  #hasFailed = false;

  // `name`: "older" or "newer".
  constructor(root, name, { history, timeline, scroller }) {
    this.#end = ENDS[name];
    this.#edge = root.querySelector(`[data-edge="${name}"]`);
    this.#note = this.#edge.querySelector("[data-edge-note]");
    this.#failure = this.#edge.querySelector("[data-edge-failure]");
    this.#button = this.#edge.querySelector("[data-edge-load]");
    this.#beyond = this.#end.beyond && root.querySelector(this.#end.beyond);
    this.#history = history;
    this.#timeline = timeline;
    this.#scroller = scroller;
    this.#observer = new IntersectionObserver((entries) => this.#onIntersection(entries.at(-1).isIntersecting), {
      root: root.querySelector("[data-scroll]"),
      rootMargin: `${MARGIN_PX}px 0px`,
    });
  }

  connect() {
    this.#button.addEventListener("click", () => this.#load());
    this.#timeline.addEventListener("changed", () => this.#show());
    this.#timeline.addEventListener("replaced", () => this.#show());
    this.#history.addEventListener("idle", () => this.#observeAgain());
    this.#show();
    this.#observer.observe(this.#edge);
  }

  // After a failure it retries only on a click, or when the reader scrolls away and back.
  #onIntersection(isNear) {
    if (!isNear) {
      this.#hasFailed = false;
    } else if (!this.#hasFailed) {
      this.#load();
    }
  }

  async #load() {
    if (this.#history.isBusy) {
      return;
    }
    this.#hasFailed = false;
    this.#say({ isLoading: true });
    try {
      await this.#end.load(this.#history);
    } catch (error) {
      // An aborted request is not a failure: the reader jumped elsewhere.
      this.#hasFailed = error.name !== "AbortError";
    }
    this.#say({ isLoading: false });
  }

  #say({ isLoading }) {
    this.#scroller.keep(() => {
      this.#note.hidden = !isLoading;
      this.#failure.textContent = this.#hasFailed ? "Couldn’t load messages." : "";
      this.#button.hidden = !this.#hasFailed;
    });
  }

  #show() {
    const isOpen = this.#end.isOpen(this.#timeline);
    if (this.#edge.hidden === isOpen) {
      this.#scroller.keep(() => {
        this.#edge.hidden = !isOpen;
        this.#beyond?.toggleAttribute("hidden", isOpen);
      });
    }
  }

  // An observer only reports changes, and after a short page the edge may still be visible.
  #observeAgain() {
    this.#observer.unobserve(this.#edge);
    this.#observer.observe(this.#edge);
  }
}
