// Closes an open drawer with a swipe towards its edge. The drawer follows the finger.

const FAR_ENOUGH_PX = 64;

export class DrawerSwipe {
  #drawer;
  #pointer = null;
  #from = 0;
  #pushed = 0;

  constructor(drawer) {
    this.#drawer = drawer;
  }

  connect() {
    this.#drawer.addEventListener("pointerdown", (event) => this.#begin(event));
    this.#drawer.addEventListener("pointermove", (event) => this.#move(event));
    this.#drawer.addEventListener("pointerup", (event) => this.#end(event, this.#pushed > FAR_ENOUGH_PX));
    this.#drawer.addEventListener("pointercancel", (event) => this.#end(event, false));
  }

  #begin({ pointerType, pointerId, clientX }) {
    if (pointerType === "touch" && this.#drawer.matches(":popover-open")) {
      this.#pointer = pointerId;
      this.#from = clientX;
      this.#pushed = 0;
      this.#drawer.removeAttribute("data-settling");
    }
  }

  #move({ pointerId, clientX }) {
    if (pointerId === this.#pointer) {
      this.#pushed = Math.max(0, (clientX - this.#from) * this.#outward);
      this.#drawer.style.transform = `translateX(${this.#pushed * this.#outward}px)`;
    }
  }

  #end({ pointerId }, isAway) {
    if (pointerId !== this.#pointer) {
      return;
    }
    this.#pointer = null;
    if (isAway) {
      this.#drawer.hidePopover();
    } else {
      this.#drawer.setAttribute("data-settling", "");
    }
    this.#drawer.style.transform = "";
  }

  // The direction in which the drawer leaves: 1 for the right edge, -1 for the left.
  get #outward() {
    return this.#drawer.offsetLeft > 0 ? 1 : -1;
  }
}
