// Autocomplete for the word at the caret (people after @, emoji after a colon, commands after a slash), with
// aria-activedescendant.

import { drawAvatar } from "../helpers/avatar.js";
import { isSame, mentionOf, peopleLike, wordAt } from "../helpers/completion.js";
import { isComposing } from "../helpers/keys.js";
import { EVERYONE } from "../helpers/mentions.js";
import { BUILT_IN } from "../helpers/slash_commands.js";
import { placeAbove } from "./placement.js";
import { replaceText } from "./text_edits.js";

const MOST = 8;
let count = 0;

export class Completion {
  #root;
  #text;
  #people;
  #emoji;
  #commands;
  #box;
  #list;
  #options = [];
  #chosen = 0;
  #word = null;
  #doneAt = -1;
  #aborted = new AbortController();

  // `people` returns the candidates, most likely first.
  constructor(root, text, { people, emoji, commands = null }) {
    this.#root = root;
    this.#text = text;
    this.#people = people;
    this.#emoji = emoji;
    this.#commands = commands;
    this.#box = root.getElementById("completion-template").content.firstElementChild.cloneNode(true);
    this.#list = this.#box.querySelector("[data-options]");
  }

  // Listens in the capture phase, before other listeners of the field: an open list handles Enter, Tab, Escape, arrows.
  connect() {
    const { signal } = this.#aborted;
    this.#list.id = `completion-${(count += 1)}`;
    this.#text.after(this.#box);
    this.#text.setAttribute("aria-autocomplete", "list");
    this.#text.setAttribute("aria-controls", this.#list.id);
    this.#text.addEventListener("keydown", (event) => this.#press(event), { signal, capture: true });
    this.#text.addEventListener("input", (event) => (isUndo(event) ? this.#close() : this.look()), { signal });
    this.#text.addEventListener("blur", () => this.#close(), { signal });
    // The text keeps the focus.
    this.#list.addEventListener("mousedown", (event) => event.preventDefault());
    this.#list.addEventListener("click", ({ target }) => this.#accept(this.#indexOf(target)));
    return this;
  }

  disconnect() {
    this.#aborted.abort();
    this.#box.remove();
  }

  get #isOpen() {
    return this.#options.length > 0;
  }

  #press(event) {
    if (!this.#isOpen || isComposing(event)) {
      return;
    }
    // A name that is complete needs nothing, so Enter does what it does without a list.
    if (event.key === "Enter" && this.#isWritten(this.#options[this.#chosen])) {
      this.#dismiss();
      return;
    }
    const act = {
      ArrowDown: () => this.#choose(this.#chosen + 1),
      ArrowUp: () => this.#choose(this.#chosen - 1),
      Enter: () => this.#accept(this.#chosen),
      Tab: () => this.#accept(this.#chosen),
      Escape: () => this.#dismiss(),
    }[event.key];
    if (act && !event.shiftKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      event.stopImmediatePropagation();
      act();
    }
  }

  async look() {
    const word = wordAt(this.#text.value, this.#text.selectionStart);
    if (!word || word.start !== this.#doneAt) {
      this.#doneAt = -1;
    }
    this.#word = this.#doneAt === -1 ? word : null;
    if (this.#word?.kind === "command") {
      this.#word = this.#commands && this.#word;
      await this.#load(() => this.#commands?.load());
    } else if (this.#word && this.#word.kind !== "person" && !this.#emoji.groups.length) {
      await this.#load(() => this.#emoji.load());
    }
    if (this.#word?.kind === "named") {
      this.#replaceNamed();
    } else {
      this.#show(this.#word ? this.#suggestions() : []);
    }
  }

  // A failure isn't shown to the user: without the names, they just aren't suggested.
  async #load(names) {
    try {
      await names();
    } catch (error) {
      console.warn("The names to suggest could not be loaded.", error);
    }
    // The text may have changed or been sent in the meantime.
    const { start, query } = this.#word ?? {};
    const word = wordAt(this.#text.value, this.#text.selectionStart);
    this.#word = word?.start === start && word?.query === query ? word : null;
  }

  #replaceNamed() {
    const emoji = this.#emoji.named(this.#word.query);
    this.#close();
    if (emoji) {
      this.#insert(emoji);
      this.#emoji.use(emoji);
    }
  }

  #suggestions() {
    const { kind, query } = this.#word;
    if (kind === "emoji") {
      return this.#emoji.search(query, MOST).map(([symbol, name]) => ({ symbol, name: `:${name}:`, insert: `${symbol} `, emoji: symbol }));
    }
    if (kind === "command") {
      return this.#commandsLike(query.toLowerCase());
    }
    const people = query.startsWith(" ") ? [] : peopleLike(this.#people(), query, MOST);
    const isWhole = people.length === 1 && isSame(people[0].name, query);
    return isWhole ? [] : people.map((person) => ({ symbol: "@", person, name: person.name, insert: mentionOf(person.name) }));
  }

  #commandsLike(query) {
    const all = [...BUILT_IN, ...this.#commands.all].filter(({ name }) => name.startsWith(query));
    const found = all.sort((one, other) => one.name.localeCompare(other.name)).slice(0, MOST);
    return found.map(({ name, usage, description }) => ({
      symbol: "/", name, about: [usage, description].filter(Boolean).join(" — "), insert: `/${name} `,
    }));
  }

  #show(options) {
    this.#options = options;
    if (!options.length) {
      this.#close();
      return;
    }
    this.#list.replaceChildren(...options.map((option, index) => this.#item(option, index)));
    this.#box.querySelector("[data-count]").textContent = options.length === 1 ? "1 suggestion" : `${options.length} suggestions`;
    this.#box.showPopover();
    placeAbove(this.#box, this.#text);
    this.#choose(0);
  }

  // The words for everyone have no avatar.
  #item({ symbol, name, person, about = "" }, index) {
    const item = this.#root.getElementById("option-template").content.firstElementChild.cloneNode(true);
    item.id = `${this.#list.id}-${index}`;
    const mark = item.querySelector("[data-symbol]");
    mark.textContent = symbol;
    if (person && !EVERYONE.includes(person)) {
      mark.className = "avatar";
      drawAvatar(mark, person);
    }
    item.querySelector("[data-name]").textContent = name;
    item.querySelector("[data-about]").textContent = about;
    return item;
  }

  #choose(index) {
    this.#chosen = (index + this.#options.length) % this.#options.length;
    [...this.#list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === this.#chosen)));
    const item = this.#list.children[this.#chosen];
    this.#text.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  #accept(index) {
    const option = this.#options[index];
    if (option) {
      this.#insert(option.insert);
      if (option.emoji) {
        this.#emoji.use(option.emoji);
      }
      this.#close();
    }
  }

  // Close, and suggest nothing again for the same word.
  #dismiss() {
    this.#doneAt = this.#word?.start ?? -1;
    this.#close();
  }

  #isWritten({ emoji, name }) {
    return !emoji && isSame(name, this.#word.query);
  }

  #insert(text) {
    const { start } = this.#word;
    this.#doneAt = start;
    replaceText(this.#text, start, this.#text.selectionStart, text);
  }

  #indexOf(target) {
    return [...this.#list.children].indexOf(target.closest("[role=option]"));
  }

  #close() {
    this.#options = [];
    this.#list.replaceChildren();
    this.#text.removeAttribute("aria-activedescendant");
    if (this.#box.isConnected) {
      this.#box.hidePopover();
    }
  }
}

// After an undo, a name that was replaced is there again. To replace it again would leave the user no way back.
function isUndo({ inputType = "" }) {
  return inputType.startsWith("history");
}
