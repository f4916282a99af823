// Closes the notifications of rooms that were read, here or on another device, and shows the count on the site's icon.

export class ShownNotifications {
  #unread;
  #isBusy = false;
  #isDue = false;

  constructor(unread) {
    this.#unread = unread;
  }

  connect() {
    this.#unread.addEventListener("changed", () => this.#update());
    this.#update();
  }

  // One at a time. What changes meanwhile is looked at once more.
  async #update() {
    this.#isDue = true;
    if (this.#isBusy) {
      return;
    }
    this.#isBusy = true;
    while (this.#isDue) {
      this.#isDue = false;
      await this.#closeRead().catch((error) => console.warn("The notifications could not be closed.", error));
    }
    this.#isBusy = false;
  }

  async #closeRead() {
    const registration = await navigator.serviceWorker?.getRegistration();
    for (const notification of (await registration?.getNotifications()) ?? []) {
      const room = this.#unread.get(notification.tag.replace(/^chat\./, ""));
      if (room?.unread === 0) {
        notification.close();
      }
    }
    const { count } = this.#unread;
    await (count ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.());
  }
}
