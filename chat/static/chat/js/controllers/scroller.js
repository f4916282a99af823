// What of the conversation is in view: it follows the end only for somebody who is there, and nothing that arrives
// moves what somebody else is reading.

const NEAR_PX = 100;

export class Scroller {
  #root;
  #box;
  #log;
  #jump;
  #jumpText;
  #timeline;
  #receipts;
  #following = true;
  #newCount = 0;

  constructor(root, { timeline, receipts }) {
    this.#root = root;
    this.#box = root.querySelector("[data-scroll]");
    this.#log = root.querySelector("[data-log]");
    this.#jump = root.querySelector("[data-jump]");
    this.#jumpText = root.querySelector("[data-jump-text]");
    this.#timeline = timeline;
    this.#receipts = receipts;
  }

  connect() {
    this.#box.addEventListener("scroll", () => this.#look(), { passive: true });
    this.#jump.addEventListener("click", () => this.toEnd({ behavior: "smooth" }));
    this.#root.addEventListener("visibilitychange", () => this.#look());
    this.#start();
    const sizes = new ResizeObserver(() => this.#following && this.toEnd());
    sizes.observe(this.#box);
    sizes.observe(this.#log);
  }

  // Makes a change to the log without moving what is being read.
  keep(change) {
    const anchor = this.#following ? null : this.#firstInView();
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (this.#following) {
      this.toEnd();
    } else if (anchor?.isConnected) {
      this.#box.scrollTop += anchor.getBoundingClientRect().top - before;
    }
  }

  toEnd(options = {}) {
    this.#following = true;
    this.#box.scrollTo({ top: this.#box.scrollHeight, ...options });
    this.#look();
  }

  countNews(count) {
    this.#newCount += count;
    this.#look();
  }

  show(article) {
    this.#following = false;
    article.scrollIntoView({ block: "center" });
    this.#look();
  }

  #start() {
    const unread = this.#log.querySelector(".unread");
    if (unread) {
      this.#following = false;
      unread.scrollIntoView({ block: "start" });
    } else {
      this.toEnd();
    }
    this.#look();
  }

  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.#box;
    this.#following = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (this.#following) {
      this.#newCount = 0;
      if (this.#root.visibilityState === "visible") {
        this.#receipts.seen(this.#timeline.newest);
      }
    }
    this.#jump.hidden = this.#following;
    this.#jumpText.textContent = this.#newCount ? `${this.#newCount} new` : "Jump to the newest";
  }

  // A message, because the lines between them come and go. By bisection: there may be ten thousand.
  #firstInView() {
    const { top } = this.#box.getBoundingClientRect();
    const elements = this.#log.children;
    let low = 0;
    let high = elements.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (elements[middle].getBoundingClientRect().bottom > top) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    let element = elements[low];
    while (element && !element.matches("article")) {
      element = element.nextElementSibling;
    }
    return element;
  }
}
