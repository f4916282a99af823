// The dialog that finds a room by name: a combobox with list autocomplete (WAI-ARIA).

const MOST_SHOWN = 50;

export class RoomSwitcher {
  #dialog;
  #query;
  #list;
  #note;
  #option;
  #directory;
  #selected = 0;

  constructor(root, directory) {
    this.#dialog = root.querySelector("[data-switcher]");
    this.#query = this.#dialog.querySelector("[data-query]");
    this.#list = this.#dialog.querySelector("[data-results]");
    this.#note = this.#dialog.querySelector("[data-note]");
    this.#option = this.#dialog.querySelector("[data-option]").content.firstElementChild;
    this.#directory = directory;
  }

  connect() {
    this.#dialog.addEventListener("close", () => (this.#query.value = ""));
    this.#query.addEventListener("input", () => this.#find());
    this.#query.addEventListener("keydown", (event) => this.#press(event));
    this.#list.addEventListener("click", (event) => this.#go(event.target.closest("[data-slug]"), event));
    this.#list.addEventListener("pointermove", (event) => this.#point(event.target.closest("[data-slug]")));
  }

  // Show the list of last time immediately, and the current one once it is loaded.
  async start() {
    this.#show();
    await this.#directory.refresh();
    this.#show();
  }

  // Show matches in the loaded list immediately, and the server's matches once they are loaded.
  async #find() {
    this.#show();
    const shown = this.#directory.rooms;
    try {
      await this.#directory.search(this.#query.value);
    } catch (error) {
      console.warn("Could not search for more rooms.", error);
    }
    if (this.#directory.rooms !== shown) {
      this.#show();
    }
  }

  #show() {
    const query = this.#query.value;
    const here = this.#dialog.dataset.slug;
    const found = this.#directory.find(query).filter(({ slug }) => query.trim() || slug !== here);
    this.#list.replaceChildren(...found.slice(0, MOST_SHOWN).map((room, index) => this.#item(room, index)));
    this.#note.textContent = noteOn(found, this.#directory.rooms);
    this.#select(0);
  }

  #item({ slug, name, topic, visibility, archived, unread, joined }, index) {
    const item = this.#option.cloneNode(true);
    item.id = `switcher-room-${index}`;
    Object.assign(item.dataset, { slug, visibility });
    item.querySelector("[data-name]").textContent = name;
    item.querySelector("[data-topic]").textContent = topic;
    item.querySelector("[data-archived]").hidden = !archived;
    item.querySelector("[data-outside]").hidden = joined !== false;
    const badge = item.querySelector("[data-unread]");
    badge.textContent = unread;
    badge.hidden = unread === 0;
    return item;
  }

  #select(index) {
    const items = [...this.#list.children];
    this.#selected = items.length ? (index + items.length) % items.length : 0;
    items.forEach((item, at) => item.setAttribute("aria-selected", at === this.#selected));
    this.#query.setAttribute("aria-activedescendant", items[this.#selected]?.id ?? "");
    items[this.#selected]?.scrollIntoView({ block: "nearest" });
  }

  #point(item) {
    if (item && item.getAttribute("aria-selected") !== "true") {
      this.#select([...this.#list.children].indexOf(item));
    }
  }

  #press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing || !(step || event.key === "Enter")) {
      return;
    }
    event.preventDefault();
    if (step) {
      this.#select(this.#selected + step);
    } else {
      this.#go(this.#list.children[this.#selected], event);
    }
  }

  #go(item, { ctrlKey, metaKey }) {
    if (item) {
      const address = `/rooms/${encodeURIComponent(item.dataset.slug)}/`;
      this.#dialog.close();
      window.open(address, ctrlKey || metaKey ? "_blank" : "_self");
    }
  }
}

function noteOn(found, rooms) {
  if (rooms.length === 0) {
    return "Loading rooms…";
  }
  return found.length ? "" : "No rooms found";
}
