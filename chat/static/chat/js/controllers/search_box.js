// The box on the search page: ready to be written in, except where a keyboard would spring up over the page.

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
