// The rooms in the sidebar of a page without a connection. They are those of the moment when the page was loaded, and are
// loaded again when it becomes visible again.

import { RoomDirectory } from "../models/room_directory.js";
import { Unread } from "../models/unread.js";
import { RoomList } from "./room_list.js";

export class SidebarRefresh {
  #root;
  #directory;
  #unread;
  #list;

  constructor(root) {
    this.#root = root;
    this.#directory = new RoomDirectory(root.querySelector("[data-switcher]").dataset.personId);
    this.#unread = new Unread(RoomList.readAll(root));
    this.#list = new RoomList(root, { unread: this.#unread, directory: this.#directory });
  }

  connect() {
    const dot = this.#root.querySelector("[data-elsewhere]");
    this.#unread.addEventListener("changed", () => (dot.hidden = this.#unread.count === 0));
    this.#list.connect();
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
      this.#list.renew(await this.#directory.newest());
    } catch (error) {
      console.warn("Could not load the rooms; the list stays as it was.", error);
    }
  }
}
