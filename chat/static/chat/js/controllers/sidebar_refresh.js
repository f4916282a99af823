// Loads the rooms of the sidebar again when the page becomes visible again: some may have been joined, left or renamed.

export class SidebarRefresh {
  #root;
  #directory;
  #take;

  // `take` gets a page of the rooms as the server lists them.
  constructor(root, { directory, take }) {
    this.#root = root;
    this.#directory = directory;
    this.#take = take;
  }

  connect() {
    this.#root.addEventListener("visibilitychange", () => {
      if (this.#root.visibilityState === "visible") {
        this.#refresh();
      }
    });
    // The browser shows the page as it was left, after "Back".
    window.addEventListener("pageshow", ({ persisted }) => persisted && this.#refresh());
  }

  async #refresh() {
    try {
      this.#take(await this.#directory.mine());
    } catch (error) {
      console.warn("Could not load the rooms; the list stays as it was.", error);
    }
  }
}
