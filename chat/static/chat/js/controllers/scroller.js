// Controls the scroll position of the conversation. It follows new messages only while the reader is at the end.
// Elsewhere, nothing that is added, removed or resized moves the text being read.

import { JumpButton } from "./jump_button.js";
import { LogView } from "./log_view.js";

const NEAR_PX = 100;
const KEYS = { Home: "toBeginning", End: "toEnd" };

export class Scroller {
  #root;
  #box;
  #log;
  #jump;
  #view;
  #timeline;
  #receipts;
  #history;
  #following = false;
  // Whether the messages on the page reach the end.
  #reachesEnd = false;
  // The message being read, its position, and the scroll offset when last measured.
  #anchor = null;
  #anchorTop = 0;
  #scrolledTo = 0;

  constructor(root, { timeline, receipts, history }) {
    this.#root = root;
    this.#box = root.querySelector("[data-scroll]");
    this.#log = root.querySelector("[data-log]");
    this.#jump = new JumpButton(root);
    this.#view = new LogView(root);
    this.#timeline = timeline;
    this.#receipts = receipts;
    this.#history = history;
  }

  connect() {
    this.#box.addEventListener("scroll", () => this.#update(), { passive: true });
    this.#box.addEventListener("keydown", (event) => this.#press(event));
    this.#jump.connect(() => this.toEnd());
    this.#root.addEventListener("visibilitychange", () => this.#onVisibilityChange());
    this.#receipts.addEventListener("held", () => this.#update());
    this.#receipts.addEventListener("readElsewhere", () => this.#update());
    const sizes = new ResizeObserver(() => this.#keepPosition());
    sizes.observe(this.#box);
    sizes.observe(this.#log);
  }

  // Set the initial position: the first unread message, else the end.
  begin() {
    const unread = this.#log.querySelector(".unread");
    if (unread) {
      this.show(unread, "start");
    } else {
      this.#view.scrollToEnd();
      this.#update();
    }
  }

  // Change the log without moving the text being read.
  keep(change) {
    if (this.#box.scrollTop === this.#scrolledTo) {
      // The box may have been moved or resized. Its observer reports that only later.
      this.#restore();
      this.#measure();
    } else {
      // The timeline may reach the end already, but the page doesn't before the change.
      this.#update(this.#reachesEnd);
    }
    change();
    this.#keepPosition();
  }

  show(element, block = "center") {
    element.scrollIntoView({ block });
    this.#update();
  }

  // Scroll to the latest messages and load them if needed. Until then, scroll to the end of the page.
  async toEnd() {
    this.#view.scrollToEnd();
    this.#update();
    if (await this.#jumped(this.#history.reachEnd())) {
      this.#view.scrollToEnd();
      this.#update();
    }
  }

  async toBeginning() {
    if (await this.#jumped(this.#history.reachBeginning())) {
      this.#view.scrollToStart();
      this.#update();
    }
  }

  // Return whether to scroll there: not after another jump, and not after a failure, which is shown at the edge.
  async #jumped(jump) {
    try {
      await jump;
      return true;
    } catch (error) {
      if (error.name !== "AbortError") {
        console.warn("Could not load messages.", error);
      }
      return false;
    }
  }

  #press(event) {
    const goes = KEYS[event.key];
    const isPlain = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);
    if (goes && isPlain && !event.target.closest("input, textarea, select, [contenteditable]")) {
      event.preventDefault();
      if (!event.repeat) {
        this[goes]();
      }
    }
  }

  #onVisibilityChange() {
    if (this.#root.visibilityState === "visible") {
      this.#receipts.release();
      this.#update();
    }
  }

  #keepPosition() {
    this.#restore();
    this.#update();
  }

  // Move the text being read back to its position.
  #restore() {
    if (this.#following && this.#timeline.reachesEnd) {
      this.#view.scrollToEnd();
    } else if (this.#anchor?.isConnected) {
      this.#view.scrollBy(this.#view.topOf(this.#anchor) - this.#anchorTop);
    }
  }

  #update(reachesEnd = this.#timeline.reachesEnd) {
    this.#reachesEnd = reachesEnd;
    this.#following = reachesEnd && this.#view.below < NEAR_PX;
    this.#measure();
    this.#reportSeen();
    if (this.#following) {
      this.#jump.hide();
    } else {
      this.#jump.offer(this.#receipts.unseen);
    }
  }

  #measure() {
    this.#anchor = this.#following ? null : this.#view.firstInView();
    this.#anchorTop = this.#anchor ? this.#view.topOf(this.#anchor) : 0;
    this.#scrolledTo = this.#box.scrollTop;
    this.#timeline.anchorSeq = this.#anchor ? Number(this.#anchor.dataset.seq ?? this.#timeline.newest) : null;
  }

  #reportSeen() {
    if (this.#root.visibilityState !== "visible") {
      return;
    }
    if (this.#following) {
      this.#receipts.seen(this.#timeline.newest);
    } else if (this.#anchor) {
      const last = this.#view.lastInView();
      this.#receipts.sawFrom(this.#timeline.anchorSeq, Number(last?.dataset.seq ?? 0));
    }
  }
}
