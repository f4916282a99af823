// Loads the code of reporting and moderation on first use.

const NOT_LOADED = "Couldn’t load this. Try again when you’re back online.";

export class LazyModeration {
  #root;
  #page;
  #notices;
  #csrfToken;
  #moderation = null;

  constructor(root, { page, notices, csrfToken }) {
    this.#root = root;
    this.#page = page;
    this.#notices = notices;
    this.#csrfToken = csrfToken;
  }

  connect() {
    for (const name of ["reports", "sanctions"]) {
      this.#root.getElementById(name)?.addEventListener("opened", () => this.#use((moderation) => moderation.list(name)));
    }
  }

  // Return the ids of the people that the user can't act on.
  async superiors() {
    return (await this.#load()).superiors();
  }

  report(view) {
    this.#use((moderation) => moderation.report(view));
  }

  // `person`: { id, name }; `operation`: the one that is selected at first.
  about(person, operation) {
    this.#use((moderation) => moderation.about(person, operation));
  }

  async #use(act) {
    let moderation;
    try {
      moderation = await this.#load();
    } catch (error) {
      console.warn("Could not load the moderation tools.", error);
      this.#notices.say(NOT_LOADED);
      return;
    }
    act(moderation);
  }

  async #load() {
    const { Moderation } = await import("./moderation.js");
    const parts = { page: this.#page, notices: this.#notices, csrfToken: this.#csrfToken };
    this.#moderation ??= new Moderation(this.#root, parts).connect();
    return this.#moderation;
  }
}
