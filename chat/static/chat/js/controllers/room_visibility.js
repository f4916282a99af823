// Whether the room is visible, in this tab and in any tab of the browser. A tab that shows the room holds a Web Lock
// with the room's name. The browser releases it when the tab is closed or crashes.

const lockName = (slug) => `chat.in-view.${slug}`;

// Return whether any tab of this browser shows the room. Web Locks exist only in secure contexts; elsewhere, false.
export async function isVisibleAnywhere(slug) {
  const locks = await navigator.locks?.query();
  return Boolean(locks?.held.some(({ name }) => name === lockName(slug)));
}

export class RoomVisibility {
  #root;
  #slug;
  #unread;
  #releaseLock = null;

  constructor(root, { slug, unread }) {
    this.#root = root;
    this.#slug = slug;
    this.#unread = unread;
  }

  get isVisible() {
    return this.#root.visibilityState === "visible";
  }

  connect() {
    this.#root.addEventListener("visibilitychange", () => this.#update());
    this.#update();
  }

  #update() {
    this.#releaseLock?.();
    this.#releaseLock = null;
    if (this.isVisible) {
      this.#unread.clear(this.#slug);
      const released = new Promise((resolve) => (this.#releaseLock = resolve));
      navigator.locks?.request(lockName(this.#slug), { mode: "shared" }, () => released);
    }
  }
}
