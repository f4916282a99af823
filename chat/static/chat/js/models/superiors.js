// The people with the same or a higher role. A moderator can't act on them, so the page offers no actions on them.

export class Superiors extends EventTarget {
  #page;
  #ask;
  #ids = null;
  #role = "member";
  #asked = null;

  // `ask` fetches the ids from the server, as a Set.
  constructor({ page, ask }) {
    super();
    this.#page = page;
    this.#ask = ask;
  }

  // Return whether the user may act on a person. False until the server has answered.
  canModerate(id) {
    const { standing, you } = this.#page;
    return this.#ids !== null && this.#role === standing.role && Number(id) !== you.id && !this.#ids.has(Number(id));
  }

  // Ask the server once, and again after a change of role or a failure.
  load() {
    const { role } = this.#page.standing;
    if (role !== this.#role) {
      this.#role = role;
      this.#ids = this.#asked = null;
      this.dispatchEvent(new Event("changed"));
    }
    if (role !== "member") {
      this.#asked ??= this.#fetch(role);
    }
    return this.#asked;
  }

  // A role was changed on this page. The people known before count until the server has answered.
  reload() {
    this.#asked = null;
    return this.load();
  }

  async #fetch(role) {
    try {
      const ids = await this.#ask();
      if (role === this.#role) {
        this.#ids = ids;
        this.dispatchEvent(new Event("changed"));
      }
    } catch (error) {
      console.warn("Could not load which people can be moderated.", error);
      if (role === this.#role) {
        this.#asked = null;
      }
    }
  }
}
