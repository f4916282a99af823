// The rooms in the sidebar with their unread counts. Their order never changes while the page is open. The frames of
// `socket` keep the counts up to date. A page without a connection has no socket and calls `renew`.

import { plural } from "../helpers/text.js";

export class RoomList {
  #root;
  #list;
  #socket;
  #unread;
  #directory;
  #slug;
  #isFirst = true;
  #unknown = {};

  constructor(root, { socket = null, unread, directory, slug = null }) {
    this.#root = root;
    this.#list = root.querySelector("[data-rooms]");
    this.#socket = socket;
    this.#unread = unread;
    this.#directory = directory;
    this.#slug = slug;
  }

  // Read the rooms that the page was rendered with from their markup. The current room has nothing unread.
  static readAll(root) {
    return [...root.querySelectorAll("[data-rooms] [data-slug]")].map((link) => ({
      slug: link.dataset.slug,
      level: link.dataset.notify,
      unread: isOpen(link) ? 0 : Number(link.querySelector("[data-count]").textContent),
    }));
  }

  connect() {
    this.#socket?.addEventListener("hello", () => (this.#isFirst = true));
    this.#socket?.addEventListener("rooms", ({ detail }) => this.#update(detail.unread));
    this.#unread.addEventListener("changed", () => this.#show());
    this.#list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    this.#show();
  }

  // Take the rooms as the server lists them: their names, their counts, and those that are new here.
  renew(rooms) {
    this.describe(rooms);
    this.#add(rooms.filter(({ slug, archived }) => !archived && !this.#unread.has(slug)));
    const unread = rooms.filter((room) => room.unread).map((room) => [room.slug, { unread: room.unread, mentions: 0 }]);
    this.#unread.replace(Object.fromEntries(unread), this.#slug);
  }

  // Take the names of rooms, and whether they are archived, which their owners may change.
  describe(rooms) {
    for (const { slug, name, archived } of rooms) {
      const link = this.#list.querySelector(`[data-slug="${CSS.escape(slug)}"]`);
      if (link) {
        const label = link.querySelector("[data-name]");
        label.textContent = label.title = name;
        this.#place(link, archived);
      }
    }
  }

  // Rooms in which no one can post stand apart. A room that comes or goes is the first in its list.
  #place(link, isArchived) {
    const group = this.#list.querySelector("[data-rooms-archived]");
    const list = isArchived ? group.querySelector("ul") : this.#list.querySelector("[data-rooms-active]");
    if (!list.contains(link)) {
      list.prepend(link.closest("li"));
      group.hidden = !group.querySelector("li");
      group.open ||= isArchived && link.hasAttribute("aria-current");
    }
  }

  // The first frame of a connection has all counts, later ones only the changes.
  #update(counts) {
    if (this.#isFirst) {
      this.#unread.replace(counts, this.#slug);
    } else {
      this.#unread.update(counts);
    }
    this.#isFirst = false;
    const unknown = Object.entries(counts).filter(([slug, { unread }]) => unread && !this.#unread.has(slug));
    if (unknown.length) {
      Object.assign(this.#unknown, Object.fromEntries(unknown));
      this.#addUnknown();
    }
  }

  // Add rooms that were created or joined after the page was rendered.
  async #addUnknown() {
    let rooms;
    try {
      rooms = await this.#directory.unread();
    } catch (error) {
      console.warn("Could not load rooms; a new room appears with its next message.", error);
      return;
    }
    this.#add(rooms.filter(({ slug }) => slug in this.#unknown && !this.#unread.has(slug)));
    this.#unread.update(this.#unknown);
    this.#unknown = {};
  }

  #add(rooms) {
    this.#list.querySelector("[data-rooms-active]").prepend(...rooms.map((room) => this.#item(room)));
    this.#unread.add(rooms.map(({ slug, unread }) => ({ slug, unread, level: "all" })));
  }

  #item({ slug, name, visibility }) {
    const item = this.#root.getElementById("room-link-template").content.firstElementChild.cloneNode(true);
    const link = item.querySelector("[data-slug]");
    link.href = `/rooms/${encodeURIComponent(slug)}/`;
    Object.assign(link.dataset, { slug, visibility });
    const label = link.querySelector("[data-name]");
    label.textContent = label.title = name;
    return item;
  }

  #show() {
    for (const link of this.#list.querySelectorAll("[data-slug]")) {
      this.#showOn(link, this.#unread.get(link.dataset.slug));
    }
  }

  #showOn(link, { level, unread, mentions }) {
    const isQuiet = level === "nothing" || isOpen(link);
    const badge = link.querySelector("[data-unread]");
    link.dataset.notify = level;
    badge.hidden = isQuiet || unread === 0;
    badge.toggleAttribute("data-mentioned", mentions > 0);
    badge.querySelector("[data-count]").textContent = unread;
    badge.querySelector("[data-mentions]").textContent = mentions ? `, ${plural(mentions, "mention")}` : "";
  }
}

// Whether the link is that of the room on this page, and not of one whose settings are open.
function isOpen(link) {
  return link.getAttribute("aria-current") === "page";
}
