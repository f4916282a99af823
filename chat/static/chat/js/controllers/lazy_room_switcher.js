// Loads the code of the room switcher when its dialog is first opened.

import { RoomDirectory } from "../models/room_directory.js";

export class LazyRoomSwitcher {
  #root;
  #csrfToken;
  #dialog;
  #switcher = null;

  constructor(root, csrfToken) {
    this.#root = root;
    this.#csrfToken = csrfToken;
    this.#dialog = root.querySelector("[data-switcher]");
  }

  connect() {
    this.#dialog.addEventListener("opened", () => this.#open());
  }

  async #open() {
    try {
      await this.#load();
      await this.#switcher.start();
    } catch {
      this.#dialog.querySelector("[data-note]").textContent = "Couldn’t load rooms. Close this and try again.";
    }
  }

  async #load() {
    const { RoomSwitcher } = await import("./room_switcher.js");
    if (!this.#switcher) {
      const directory = new RoomDirectory(this.#dialog.dataset.personId);
      this.#switcher = new RoomSwitcher(this.#root, { directory, token: () => this.#csrfToken.current() });
      this.#switcher.connect();
    }
  }
}
