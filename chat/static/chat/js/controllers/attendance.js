// Whether the room is visible, in this tab and in any tab of the browser. A tab that shows the room holds a Web Lock
// with the room's name. The browser releases it when the tab is closed or crashes.

const lockName = (slug) => `chat.in-view.${slug}`;

// Return whether any tab of this browser shows the room. Web Locks exist only in secure contexts; elsewhere, false.
export async function isInViewAnywhere(slug) {
  const locks = await navigator.locks?.query();
  return Boolean(locks?.held.some(({ name }) => name === lockName(slug)));
}

export class Attendance {
  #root;
  #slug;
  #unread;
  #leave = null;

  constructor(root, { slug, unread }) {
    this.#root = root;
    this.#slug = slug;
    this.#unread = unread;
  }

  get isHere() {
    return this.#root.visibilityState === "visible";
  }

  connect() {
    this.#root.addEventListener("visibilitychange", () => this.#look());
    this.#look();
  }

  #look() {
    this.#leave?.();
    this.#leave = null;
    if (this.isHere) {
      this.#unread.clear(this.#slug);
      const left = new Promise((resolve) => (this.#leave = resolve));
      navigator.locks?.request(lockName(this.#slug), { mode: "shared" }, () => left);
    }
  }
}
