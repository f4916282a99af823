// The way to reporting and keeping order, whose code comes only when somebody wants it.

const NOT_LOADED = "This could not be loaded. Try again when the connection is back.";

export class ModerationDoor {
  #root;
  #page;
  #notices;
  #moderation = null;
  #superiors = null;
  #role = "member";
  #learning = null;

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
    this.learn();
  }

  // Whether the reader stands above the author of a message. Not before the site has said so.
  standsAbove(authorId) {
    return this.#superiors !== null && this.#role === this.#page.standing.role && !this.#superiors.has(Number(authorId));
  }

  // Ask the site once who stands above, and again after another role or no answer.
  learn() {
    const { role } = this.#page.standing;
    if (role !== this.#role) {
      this.#role = role;
      this.#superiors = this.#learning = null;
    }
    if (role !== "member") {
      this.#learning ??= this.#ask();
    }
    return this.#learning;
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

  async #ask() {
    try {
      const role = this.#role;
      const superiors = await (await this.#load()).superiors();
      if (role === this.#role) {
        this.#superiors = superiors;
      }
    } catch (error) {
      console.warn("The site did not say who stands above.", error);
      this.#learning = null;
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
