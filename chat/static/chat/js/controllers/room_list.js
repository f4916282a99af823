// The rooms in the sidebar with their unread counts. A message changes the order of direct conversations only: the one
// with a new message comes first. The frames of `socket` keep the rooms and their counts up to date. A page without a
// connection has no socket and calls `renew`.

import { drawCircle } from "../helpers/avatar.js";
import { placeAmong, sectionOf } from "../helpers/rooms.js";
import { plural } from "../helpers/text.js";

export class RoomList {
  #root;
  #list;
  #socket;
  #unread;
  #directory;
  #slug;
  #links;
  // What each link shows.
  #shown = new Map();
  #isFirst = true;
  #unknown = {};

  constructor(root, { socket = null, unread, directory, slug = null }) {
    this.#root = root;
    this.#list = root.querySelector("[data-rooms]");
    this.#socket = socket;
    this.#unread = unread;
    this.#directory = directory;
    this.#slug = slug;
    this.#links = new Map(Array.from(linksIn(this.#list), (link) => [link.dataset.slug, link]));
  }

  // Read the rooms that the page was rendered with from their markup. The current room has nothing unread.
  static readAll(root) {
    return Array.from(linksIn(root.querySelector("[data-rooms]")), (link) => ({
      slug: link.dataset.slug,
      level: link.dataset.notify,
      visibility: link.dataset.visibility,
      unread: isOpen(link) ? 0 : Number(link.querySelector("[data-count]").textContent),
    }));
  }

  connect() {
    this.#socket?.addEventListener("hello", () => (this.#isFirst = true));
    this.#socket?.addEventListener("rooms", ({ detail }) => this.#onRooms(detail));
    // What a form or a menu of this page did.
    this.#root.addEventListener("membership", ({ detail }) => this.take([detail.room]));
    this.#unread.addEventListener("changed", () => this.#show());
    this.#all?.addEventListener("click", (event) => this.#showAll(event));
    this.#list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    this.#show();
  }

  // Take rooms as the server lists them. Fields of a listed room that are left out stay as they are.
  take(rooms) {
    const joined = rooms.filter(({ slug, joined }) => joined !== false && !this.#links.has(slug));
    joined.forEach((room) => this.#add(room));
    this.#unread.add(joined.filter(({ slug }) => !this.#unread.has(slug)).map((room) => ({ unread: 0, ...room, level: this.#levelOf(room) })));
    rooms.forEach((room) => this.#describe(room));
  }

  // Take the first page of the user's rooms: their names and places, those that are new here, and without `next` also
  // which are gone. Without a socket, take their counts as well.
  renew({ rooms, next }) {
    this.take(rooms.filter(({ slug, unread }) => !this.#all || unread || this.#links.has(slug)));
    if (!next) {
      const slugs = new Set(rooms.map(({ slug }) => slug));
      [...this.#links.keys()].filter((slug) => !slugs.has(slug)).forEach((slug) => this.#leave(slug));
    }
    if (!this.#socket) {
      const unread = rooms.filter((room) => room.unread).map((room) => [room.slug, { unread: room.unread, mentions: 0 }]);
      this.#unread.replace(Object.fromEntries(unread), this.#slug);
    }
  }

  get #all() {
    return this.#list.querySelector("[data-show-all]");
  }

  #levelOf({ slug, level }) {
    return level ?? this.#unread.get(slug)?.level ?? this.#list.dataset.level;
  }

  #onRooms({ unread, joined = [], changed = [], left = [] }) {
    this.take([...joined.map((room) => ({ joined: true, ...room })), ...changed]);
    left.forEach((slug) => this.#leave(slug));
    this.#update(unread);
  }

  #describe({ slug, name, visibility, people, archived, starred, joined, level }) {
    const link = this.#links.get(slug);
    if (joined === false) {
      this.#leave(slug);
    }
    if (this.#links.has(slug)) {
      const label = link.querySelector("[data-name]");
      label.textContent = label.title = name ?? label.textContent;
      link.parentElement.querySelector("[data-close]")?.setAttribute("aria-label", `Close conversation with ${label.title}`);
      people && drawPeople(link, people);
      link.dataset.visibility = visibility ?? link.dataset.visibility;
      toggle(link, "isArchived", archived);
      toggle(link, "isStarred", starred);
      toggle(link, "isOutside", joined ? false : undefined);
      level && this.#unread.setLevel(slug, level);
      this.#place(link);
    }
  }

  // The room in view stays, because a public room can be read without having joined it, and a direct conversation when
  // it is closed.
  #leave(slug) {
    const link = this.#links.get(slug);
    if (link?.hasAttribute("aria-current") && link.dataset.visibility === "direct") {
      return;
    }
    if (link?.hasAttribute("aria-current")) {
      toggle(link, "isOutside", true);
      toggle(link, "isStarred", false);
      this.#place(link);
    } else if (link) {
      const section = link.closest(".sidebar-section");
      const item = link.closest("li");
      const hadFocus = item.contains(this.#root.activeElement);
      const next = item.nextElementSibling ?? item.previousElementSibling;
      item.remove();
      hadFocus && (next?.querySelector("[data-slug]") ?? this.#root.querySelector(".sidebar-jump")).focus();
      section.hidden = !section.querySelector("li");
      this.#links.delete(slug);
      this.#shown.delete(slug);
      this.#unread.remove(slug);
    }
  }

  // Put the link into its section, by name. A link that is there already keeps its place, also under a new name.
  #place(link) {
    const list = this.#list.querySelector(`[data-section="${this.#sectionOf(link)}"]`);
    const from = link.closest(".sidebar-section");
    if (list.contains(link)) {
      return;
    }
    const isDirect = list.dataset.section === "direct";
    const hadFocus = link === this.#root.activeElement;
    list.insertBefore(link.closest("li"), list.children[isDirect ? 0 : placeAmong(list.children, nameOf(link), nameOf)] ?? null);
    if (from) {
      from.hidden = !from.querySelector("li");
    }
    const section = list.closest(".sidebar-section");
    section.hidden = false;
    section.toggleAttribute("open", section.open || link.hasAttribute("aria-current"));
    hadFocus && link.focus();
  }

  #sectionOf({ dataset: { isArchived, isStarred, visibility, slug, notify } }) {
    const room = { isArchived: isArchived !== undefined, isStarred: isStarred !== undefined, visibility };
    return sectionOf({ ...room, level: this.#unread.get(slug)?.level ?? notify }, this.#list.dataset.level);
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

  // Add rooms that aren't among those that the page was rendered with. An older server doesn't tell their names.
  async #addUnknown() {
    let rooms;
    try {
      rooms = await this.#directory.unread();
    } catch (error) {
      console.warn("Could not load rooms; a new room appears with its next message.", error);
      return;
    }
    this.take(rooms.filter(({ slug }) => slug in this.#unknown));
    this.#unread.update(this.#unknown);
    this.#unknown = {};
  }

  // List all rooms of the user, and move the focus to the first one that is new here.
  async #showAll(event) {
    event.preventDefault();
    const known = new Set(this.#links.keys());
    this.#all.setAttribute("aria-busy", "true");
    try {
      for (let page = await this.#directory.mine(); page; page = page.next && (await this.#directory.mine(page.next))) {
        this.take(page.rooms);
      }
    } catch (error) {
      console.warn("Could not load all rooms.", error);
      this.#all.removeAttribute("aria-busy");
      return;
    }
    this.#all.remove();
    Array.from(linksIn(this.#list)).find(({ dataset }) => !known.has(dataset.slug))?.focus();
  }

  #add({ slug, name, visibility }) {
    const item = this.#root.getElementById("room-link-template").content.firstElementChild.cloneNode(true);
    const link = item.querySelector("[data-slug]");
    link.href = `/rooms/${encodeURIComponent(slug)}/`;
    link.dataset.slug = slug;
    const others = visibility === "direct" ? "a > .icon" : "[data-avatar], [data-close]";
    item.querySelectorAll(others).forEach((part) => part.remove());
    item.querySelector("[data-close]")?.setAttribute("formaction", `${link.getAttribute("href")}close/`);
    link.querySelector("[data-name]").textContent = name;
    this.#links.set(slug, link);
  }

  #show() {
    for (const [slug, link] of this.#links) {
      this.#showOn(link, this.#unread.get(slug));
    }
    const places = this.#root.querySelectorAll("[data-activity] .badge");
    const { mentions } = this.#unread;
    places.forEach((badge) => {
      badge.hidden = mentions === 0;
      badge.querySelector("[data-count]").textContent = mentions;
    });
  }

  #showOn(link, room) {
    const slug = link.dataset.slug;
    const shown = JSON.stringify(room);
    if (!room || this.#shown.get(slug) === shown) {
      return;
    }
    const before = JSON.parse(this.#shown.get(slug) ?? "null");
    this.#shown.set(slug, shown);
    const { level, unread, mentions, isDirect } = room;
    const isQuiet = level === "nothing" || isOpen(link);
    const badge = link.querySelector("[data-unread]");
    link.dataset.notify = level;
    badge.hidden = isQuiet || unread === 0;
    badge.toggleAttribute("data-mentioned", mentions > 0);
    badge.querySelector("[data-count]").textContent = unread;
    badge.querySelector("[data-mentions]").textContent = mentions && !isDirect ? `, ${plural(mentions, "mention")}` : "";
    link.isConnected && this.#place(link);
    isDirect && before && unread > before.unread && toTop(link);
  }
}

function linksIn(list) {
  return list.querySelectorAll("[data-slug]");
}

function drawPeople(link, people) {
  link.dataset.peopleIds = people.map(({ id }) => id).join(" ");
  drawCircle(link.querySelector("[data-avatar]"), people);
}

// Not under the pointer or the focus.
function toTop(link) {
  const item = link.closest("[data-section=direct] > li");
  if (item?.previousElementSibling && !item.matches(":hover, :focus-within")) {
    item.parentElement.prepend(item);
  }
}

// Whether the link is that of the room on this page, and not of one whose settings are open.
function isOpen(link) {
  return link.getAttribute("aria-current") === "page";
}

function nameOf(item) {
  return item.querySelector("[data-name]").textContent;
}

// Set or remove an empty data attribute; undefined leaves it.
function toggle({ dataset }, name, isOn) {
  if (isOn) {
    dataset[name] = "";
  } else if (isOn !== undefined) {
    delete dataset[name];
  }
}
