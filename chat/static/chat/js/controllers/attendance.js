// Whether the room is looked at: here, and, for the other tabs to know, in the browser as a whole. A tab that shows
// the room holds a lock of the room's name, which ends with the tab whatever becomes of it.

const lockName = (slug) => `chat.in-view.${slug}`;

// Whether any tab of this browser shows the room now. Only secure contexts know.
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
