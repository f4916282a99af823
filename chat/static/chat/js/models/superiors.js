// The people whom a moderator doesn't stand above: nothing that is done to a person is offered for them.

export class Superiors extends EventTarget {
  #page;
  #ask;
  #ids = null;
  #role = "member";
  #asked = null;

  // `ask`: fetches the ids from the site, as a Set.
  constructor({ page, ask }) {
    super();
    this.#page = page;
    this.#ask = ask;
  }

  // Whether the reader stands above a person. Not before the site has said so.
  standsAbove(id) {
    const { standing, you } = this.#page;
    return this.#ids !== null && this.#role === standing.role && Number(id) !== you.id && !this.#ids.has(Number(id));
  }

  // Ask the site once, and again after another role or no answer.
  learn() {
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

  async #fetch(role) {
    try {
      const ids = await this.#ask();
      if (role === this.#role) {
        this.#ids = ids;
        this.dispatchEvent(new Event("changed"));
      }
    } catch (error) {
      console.warn("The site did not say who stands above.", error);
      if (role === this.#role) {
        this.#asked = null;
      }
    }
  }
}
