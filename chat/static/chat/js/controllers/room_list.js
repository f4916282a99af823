// The rooms at the side, with what is unread in each. The room in view is being read.

export class RoomList {
  #links;
  #socket;

  constructor(root, socket) {
    this.#links = root.querySelectorAll("[data-rooms] [data-slug]");
    this.#socket = socket;
  }

  connect() {
    this.#socket.addEventListener("rooms", ({ detail }) => this.#show(detail.unread));
  }

  #show(unread) {
    for (const link of this.#links) {
      const counts = unread[link.dataset.slug];
      if (counts && !link.hasAttribute("aria-current")) {
        const badge = link.querySelector("[data-unread]");
        badge.hidden = counts.unread === 0;
        badge.toggleAttribute("data-mentioned", counts.mentions > 0);
        badge.querySelector("[data-count]").textContent = counts.unread;
      }
    }
  }
}
