// Focuses the field of the search page, except on touch screens, where a keyboard would cover the page.

export class SearchBox {
  #input;

  constructor(root) {
    this.#input = root.querySelector("[data-search-text]");
  }

  connect() {
    if (this.#input && !this.#input.value && matchMedia("(pointer: fine)").matches) {
      this.#input.focus();
    }
  }
}
