// The rooms in the sidebar of a page without a connection. They are those of the moment when the page was loaded, and are
// loaded again when it becomes visible again.

import { RoomDirectory } from "../models/room_directory.js";
import { Unread } from "../models/unread.js";
import { RoomList } from "./room_list.js";
import { SidebarRefresh } from "./sidebar_refresh.js";

export class Sidebar {
  #root;

  constructor(root) {
    this.#root = root;
  }

  connect() {
    const root = this.#root;
    const directory = new RoomDirectory(root.querySelector("[data-switcher]").dataset.personId);
    const unread = new Unread(RoomList.readAll(root));
    const list = new RoomList(root, { unread, directory });
    const dot = root.querySelector("[data-elsewhere]");
    unread.addEventListener("changed", () => (dot.hidden = unread.count === 0));
    list.connect();
    new SidebarRefresh(root, { directory, take: (page) => list.renew(page) }).connect();
  }
}
