// On narrow screens the side columns are popovers. This closes one on a swipe, and when its column has space again.

import { DrawerSwipe } from "./drawer_swipe.js";

export class Drawers {
  #drawers;
  #widths = ["(min-width: 48rem)", "(min-width: 72rem)"].map((query) => matchMedia(query));

  constructor(root) {
    this.#drawers = root.querySelectorAll("[data-drawer]");
  }

  connect() {
    this.#widths.forEach((width) => width.addEventListener("change", () => this.#close()));
    this.#drawers.forEach((drawer) => new DrawerSwipe(drawer).connect());
  }

  #close() {
    this.#drawers.forEach((drawer) => drawer.hidePopover?.());
  }
}
