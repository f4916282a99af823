// The emoji picker: all emoji by group, or by name.

import { placeBeside } from "./placement.js";

const COLUMNS = 9;

export class EmojiPicker {
  #box;
  #search;
  #note;
  #grid;
  #name;
  #names;
  #pick;
  #isLoading = false;
  #isEarly = false; // Enter was pressed before the emoji were loaded

  constructor(root, names) {
    this.#box = root.querySelector("#emoji-picker");
    this.#search = root.querySelector("[data-picker-search]");
    this.#note = root.querySelector("[data-picker-note]");
    this.#grid = root.querySelector("[data-picker-grid]");
    this.#name = root.querySelector("[data-picker-name]");
    this.#names = names;
  }

  // `closed` is called each time it closes.
  connect(closed) {
    this.#box.addEventListener("toggle", ({ newState }) => newState === "closed" && closed());
    this.#box.addEventListener("keydown", (event) => this.#pressTab(event));
    this.#search.addEventListener("input", () => this.#isLoading || this.#draw());
    this.#search.addEventListener("keydown", (event) => this.#pressInSearch(event));
    this.#grid.addEventListener("keydown", (event) => this.#pressInGrid(event));
    this.#grid.addEventListener("click", ({ target }) => this.#choose(target.closest("[data-emoji]")));
    for (const event of ["focusin", "pointerover"]) {
      this.#grid.addEventListener(event, ({ target }) => this.#showName(target.closest("[data-emoji]")));
    }
    return this;
  }

  // Open the picker. `pick` is called with the chosen emoji after the focus is restored.
  async open(anchor, pick) {
    this.#pick = pick;
    this.#search.value = "";
    this.#note.textContent = "Loading…";
    this.#grid.replaceChildren();
    this.#isLoading = true;
    this.#isEarly = false;
    this.#box.showPopover();
    placeBeside(this.#box, anchor);
    this.#search.focus();
    try {
      await this.#names.load();
      this.#isLoading = false;
      this.#draw();
      placeBeside(this.#box, anchor);
    } catch {
      this.#note.textContent = "Couldn’t load emoji. Close this and try again.";
    }
    if (this.#isEarly && this.#box.matches(":popover-open")) {
      this.#choose(this.#cells[0]);
    }
  }

  #draw() {
    const query = this.#search.value.trim();
    const found = query ? this.#names.search(query) : [];
    const groups = query ? [{ name: "Results", emoji: found }] : [this.#recent, ...this.#names.groups];
    const shown = groups.filter(({ emoji }) => emoji.length);
    this.#note.textContent = query ? `${found.length || "No"} emoji found` : "";
    this.#grid.replaceChildren(...shown.map((group) => section(group)));
    this.#grid.scrollTop = 0;
    this.#cells[0]?.setAttribute("tabindex", "0");
  }

  get #recent() {
    const names = new Map(this.#names.groups.flatMap(({ emoji }) => emoji.map((entry) => [entry[0], entry])));
    return { name: "Recent", emoji: this.#names.recent.map((emoji) => names.get(emoji) ?? [emoji, ""]) };
  }

  get #cells() {
    return [...this.#grid.querySelectorAll("[data-emoji]")];
  }

  // The picker is not next to its button in the document, so Tab would lead to an unrelated part of the page.
  #pressTab(event) {
    if (event.key === "Tab") {
      event.preventDefault();
      (event.target === this.#search ? this.#grid.querySelector("[tabindex='0']") : this.#search)?.focus();
    }
  }

  #pressInSearch(event) {
    const [first] = this.#cells;
    if (event.key === "Enter") {
      event.preventDefault();
      this.#isEarly = this.#isLoading;
      this.#choose(first);
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      first?.focus();
    }
  }

  #pressInGrid(event) {
    const next = this.#neighbour(event.target, event.key);
    if (next) {
      event.preventDefault();
      event.target.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
    }
  }

  // Up from the first row goes to the search field.
  #neighbour(cell, key) {
    const rows = [...this.#grid.querySelectorAll("[role=row]")];
    const row = rows.indexOf(cell.parentElement);
    const column = [...cell.parentElement.children].indexOf(cell);
    const inRow = (at) => rows[at] && (rows[at].children[column] ?? rows[at].lastElementChild);
    const cells = this.#cells;
    const steps = {
      ArrowLeft: () => cells[cells.indexOf(cell) - 1],
      ArrowRight: () => cells[cells.indexOf(cell) + 1],
      ArrowUp: () => (row ? inRow(row - 1) : this.#search),
      ArrowDown: () => inRow(row + 1),
      Home: () => rows[row].firstElementChild,
      End: () => rows[row].lastElementChild,
    };
    return steps[key]?.();
  }

  #choose(cell) {
    if (cell) {
      this.#names.use(cell.dataset.emoji);
      this.#box.hidePopover();
      this.#pick(cell.dataset.emoji);
    }
  }

  #showName(cell) {
    if (cell) {
      this.#name.textContent = cell.getAttribute("aria-label");
    }
  }
}

function section({ name, emoji }) {
  const group = document.createElement("div");
  const heading = document.createElement("p");
  group.className = "picker-group";
  group.setAttribute("role", "rowgroup");
  group.setAttribute("aria-label", name);
  heading.className = "picker-heading";
  heading.setAttribute("aria-hidden", "true");
  heading.textContent = name;
  group.append(heading);
  for (let start = 0; start < emoji.length; start += COLUMNS) {
    group.append(rowOf(emoji.slice(start, start + COLUMNS)));
  }
  return group;
}

function rowOf(entries) {
  const row = document.createElement("div");
  row.className = "picker-row";
  row.setAttribute("role", "row");
  row.append(...entries.map(cellOf));
  return row;
}

function cellOf([emoji, name]) {
  const cell = document.createElement("button");
  cell.type = "button";
  cell.className = "picker-cell";
  cell.tabIndex = -1;
  cell.dataset.emoji = emoji;
  cell.textContent = emoji;
  cell.setAttribute("role", "gridcell");
  cell.setAttribute("aria-label", (name || emoji).replaceAll("_", " "));
  return cell;
}
