// Loads the code of the lightbox when a picture is first opened. Without it, the link leads to the picture.

export class LazyLightbox {
  #root;
  #lightbox = null;

  constructor(root) {
    this.#root = root;
  }

  connect() {
    this.#root.addEventListener("click", (event) => this.#click(event));
  }

  #click(event) {
    const link = event.target.closest?.("a[data-picture][href]");
    if (link && event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
      event.preventDefault();
      this.#open(link);
    }
  }

  async #open(link) {
    try {
      const { Lightbox } = await import("./lightbox.js");
      this.#lightbox ??= new Lightbox(this.#root).connect();
      this.#lightbox.open(link);
    } catch {
      location.assign(link.href);
    }
  }
}
