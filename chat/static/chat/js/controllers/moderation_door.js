// The way to reporting and keeping order, whose code comes only when somebody wants it.

const NOT_LOADED = "This could not be loaded. Try again when the connection is back.";

export class ModerationDoor {
  #root;
  #page;
  #notices;
  #moderation = null;

  constructor(root, { page, notices }) {
    this.#root = root;
    this.#page = page;
    this.#notices = notices;
  }

  connect() {
    this.#root.querySelector("[data-people]").addEventListener("click", ({ target }) => this.#personChosen(target));
    for (const name of ["reports", "held"]) {
      this.#root.getElementById(name)?.addEventListener("opened", () => this.#use((moderation) => moderation.list(name)));
    }
  }

  // The ids of those whom the reader does not stand above.
  async superiors() {
    return (await this.#load()).superiors();
  }

  report(view) {
    this.#use((moderation) => moderation.report(view));
  }

  // `person`: { id, name }; `deed`: what is chosen at first.
  about(person, deed) {
    this.#use((moderation) => moderation.about(person, deed));
  }

  #personChosen(target) {
    const button = target.closest("[data-moderate]");
    if (button) {
      const name = button.closest("li").querySelector("[data-name]").textContent;
      this.about({ id: Number(button.dataset.moderate), name }, "mute");
    }
  }

  async #use(act) {
    let moderation;
    try {
      moderation = await this.#load();
    } catch (error) {
      console.warn("The tools of moderators were not loaded.", error);
      this.#notices.say(NOT_LOADED);
      return;
    }
    act(moderation);
  }

  async #load() {
    const { Moderation } = await import("./moderation.js");
    this.#moderation ??= new Moderation(this.#root, { page: this.#page, notices: this.#notices }).connect();
    return this.#moderation;
  }
}
