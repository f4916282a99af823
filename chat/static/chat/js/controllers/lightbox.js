// Shows the pictures of the page one at a time, in a dialog: arrow keys, swipes, Home and End. The browser closes it on
// Escape, and gives the focus back to the link.

const SWIPE_PX = 50;
// What is hidden on the page is not shown here either, except for pictures for which the grid has no room.
const PICTURES = "a[data-picture][href]";
const HIDDEN = "[data-folded], [data-deleted]";

export class Lightbox {
  #root;
  #dialog;
  #link = null;
  #touch = null;

  constructor(root) {
    this.#root = root;
    this.#dialog = root.getElementById("lightbox-template").content.firstElementChild.cloneNode(true);
  }

  connect() {
    this.#root.body.append(this.#dialog);
    this.#part("close").addEventListener("click", () => this.#dialog.close());
    this.#part("previous").addEventListener("click", () => this.#move(-1));
    this.#part("next").addEventListener("click", () => this.#move(1));
    this.#dialog.addEventListener("keydown", (event) => this.#press(event));
    this.#dialog.addEventListener("close", () => this.#part("image").removeAttribute("src"));
    this.#part("image").addEventListener("load", ({ target }) => (target.style.backgroundImage = ""));
    this.#part("image").addEventListener("error", () => this.#onError());
    const stage = this.#part("stage");
    stage.addEventListener("pointerdown", (event) => this.#onTouch(event));
    stage.addEventListener("pointerup", (event) => this.#onRelease(event));
    stage.addEventListener("click", ({ target }) => target === stage && this.#dialog.close());
    return this;
  }

  open(link) {
    this.#show(link);
    this.#dialog.showModal();
    this.#part("close").focus();
  }

  get #links() {
    return [...this.#root.querySelectorAll(PICTURES)].filter((link) => !link.closest(HIDDEN));
  }

  #show(link) {
    const links = this.#links;
    const at = links.indexOf(link);
    this.#link = link;
    this.#part("name").textContent = link.dataset.name;
    this.#part("count").textContent = links.length > 1 ? `${at + 1} of ${links.length}` : "";
    this.#part("previous").disabled = at <= 0;
    this.#part("next").disabled = at >= links.length - 1;
    Object.assign(this.#part("download"), { href: `${link.href}?download`, download: link.dataset.name });
    this.#showImage(link);
    [links[at - 1], links[at + 1]].filter(Boolean).forEach((near) => (new Image().src = near.href));
  }

  // Its thumbnail has loaded already, and is shown until the picture has.
  #showImage(link) {
    const thumb = link.querySelector("img");
    const image = this.#part("image");
    const [width, height] = link.dataset.size.split(" ");
    image.style.backgroundImage = `url("${thumb.currentSrc || thumb.src}")`;
    image.style.maxInlineSize = width ? `${width}px` : "";
    image.style.maxBlockSize = height ? `${height}px` : "";
    image.alt = thumb.alt || link.dataset.name;
    this.#part("alt").textContent = thumb.alt;
    image.src = link.href;
  }

  #onError() {
    if (this.#dialog.open) {
      this.#part("alt").textContent = "This picture can’t be loaded. It may have been deleted.";
    }
  }

  #move(step) {
    const links = this.#links;
    const next = links[links.indexOf(this.#link) + step];
    if (next) {
      this.#show(next);
      // A disabled button loses the focus.
      if (!this.#dialog.contains(this.#root.activeElement) || this.#root.activeElement.disabled) {
        this.#part("close").focus();
      }
    }
  }

  #press(event) {
    const forward = getComputedStyle(this.#dialog).direction === "rtl" ? -1 : 1;
    const acts = {
      ArrowRight: () => this.#move(forward),
      ArrowLeft: () => this.#move(-forward),
      Home: () => this.#move(-this.#links.indexOf(this.#link)),
      End: () => this.#move(this.#links.length - 1 - this.#links.indexOf(this.#link)),
    };
    if (acts[event.key]) {
      event.preventDefault();
      acts[event.key]();
    }
  }

  #onTouch({ pointerType, clientX, clientY, isPrimary }) {
    this.#touch = pointerType !== "mouse" && isPrimary ? { clientX, clientY } : null;
  }

  #onRelease({ clientX, clientY }) {
    const across = clientX - (this.#touch?.clientX ?? clientX);
    const along = clientY - (this.#touch?.clientY ?? clientY);
    this.#touch = null;
    if (Math.abs(across) > SWIPE_PX && Math.abs(across) > Math.abs(along)) {
      this.#move(across < 0 ? 1 : -1);
    }
  }

  #part(name) {
    return this.#dialog.querySelector(`[data-lightbox-${name}]`);
  }
}
