// Opens the dialog named in the `data-opens` attribute of a clicked element. The browser closes dialogs on Escape and
// restores the focus; a click outside closes them, too. An opened dialog receives the event "opened".

export class Dialogs {
  #root;

  constructor(root) {
    this.#root = root;
  }

  connect() {
    this.#root.addEventListener("click", (event) => this.#click(event));
    for (const dialog of this.#root.querySelectorAll("dialog")) {
      dialog.addEventListener("pointerdown", (event) => closeBeside(dialog, event));
    }
  }

  // Return false if the page has no such dialog.
  open(id) {
    const dialog = this.#root.getElementById(id);
    if (dialog && !dialog.open) {
      this.#leaveMenu();
      dialog.showModal();
      dialog.dispatchEvent(new Event("opened"));
    }
    return Boolean(dialog);
  }

  #click(event) {
    const opener = event.target.closest("[data-opens]");
    const wantsNewTab = event.ctrlKey || event.metaKey || event.shiftKey;
    if (opener && !wantsNewTab && this.open(opener.dataset.opens)) {
      event.preventDefault();
    }
  }

  // Move the focus from an item of a menu to the menu's button, which stays visible and gets the focus back later.
  #leaveMenu() {
    const menu = this.#root.activeElement?.closest(":popover-open");
    if (menu) {
      menu.hidePopover();
      this.#root.querySelector(`[popovertarget="${menu.id}"]`)?.focus();
    }
  }
}

function closeBeside(dialog, { target, clientX, clientY }) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  const isInside = clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
  if (target === dialog && !isInside) {
    dialog.close();
  }
}
