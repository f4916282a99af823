// Loads the code of joining, leaving, starring, inviting and the details of the room on first use.

const NOT_LOADED = "Couldn’t load this. Try again when you’re back online.";

export class LazyMembership {
  #root;
  #parts;
  #membership = null;

  // `parts`: { page, standing, notices, csrfToken }.
  constructor(root, parts) {
    this.#root = root;
    this.#parts = parts;
  }

  // A direct conversation has no details and cannot be left.
  connect() {
    this.#on("[data-join]", "submit", (membership) => membership.join());
    this.#on("[data-star]", "click", (membership) => membership.star());
    this.#on("#room-details", "opened", (membership) => membership.showDetails());
    this.#on("#invite", "opened", (membership) => membership.openInvite());
    this.#root.querySelector("[data-leave]")?.addEventListener("submit", (event) => {
      if (event.submitter?.value === "leave") {
        event.preventDefault();
        this.#use((membership) => membership.leave());
      }
    });
  }

  // Return a promise of the RoomApi.
  async api() {
    return (await this.#load()).api;
  }

  #on(selector, type, act) {
    this.#root.querySelector(selector)?.addEventListener(type, (event) => {
      event.preventDefault();
      this.#use(act);
    });
  }

  async #use(act) {
    let membership;
    try {
      membership = await this.#load();
    } catch (error) {
      console.warn("Could not load the room menu.", error);
      this.#parts.notices.say(NOT_LOADED);
      return;
    }
    await act(membership);
  }

  async #load() {
    const { RoomMembership } = await import("./room_membership.js");
    this.#membership ??= new RoomMembership(this.#root, this.#parts);
    return this.#membership;
  }
}
