// The side columns are popovers where there is no room for them. The browser opens and closes those; what is left to
// do is to close one when the window grows wide enough to show it in its column, or when a finger pushes it away.

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
