// Dialogs, opened by whatever names one in `data-opens`. The browser closes them by Escape and gives the focus back;
// a click beside one closes it, too. A dialog is told by "opened" that it was.

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

  // False where the page has no such dialog.
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

  // The focus is to return to what stays in view: the button of a menu, not an item in it.
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
