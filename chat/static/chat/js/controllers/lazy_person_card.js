// Opens the card of a person from their name or avatar, and loads its code on first use.

const TRIGGERS = "[data-card], article:not([data-author='']) > [data-avatar], article [data-author-name][role]";
const NOT_LOADED = "Couldn’t load this. Try again when you’re back online.";

export class LazyPersonCard {
  #root;
  #parts;
  #card = null;

  // `parts`: { page, notices, moderation, superiors, csrfToken }.
  constructor(root, parts) {
    this.#root = root;
    this.#parts = parts;
  }

  connect() {
    this.#root.addEventListener("click", ({ target }) => this.#chosen(target.closest(TRIGGERS)));
    // Names in messages are no button elements, because one cannot select the text of a button.
    this.#root.addEventListener("keydown", (event) => {
      if ((event.key === "Enter" || event.key === " ") && event.target.matches("[role=button]")) {
        event.preventDefault();
        this.#chosen(event.target.closest(TRIGGERS));
      }
    });
  }

  // `person`: { id, name }, and `color` and `avatar` if known.
  async open(person, anchor) {
    (await this.#load())?.open(person, anchor);
  }

  async unblock(person) {
    try {
      await (await this.#load())?.block(person, false);
    } catch (refusal) {
      this.#parts.notices.say(refusal.message);
    }
  }

  async #load() {
    try {
      const { PersonCard } = await import("./person_card.js");
      return (this.#card ??= new PersonCard(this.#root, this.#parts).connect());
    } catch (error) {
      console.warn("Could not load the card of a person.", error);
      this.#parts.notices.say(NOT_LOADED);
      return null;
    }
  }

  #chosen(trigger) {
    if (trigger) {
      this.open(personAt(trigger), trigger);
    }
  }
}

function personAt(trigger) {
  const { mention } = trigger.dataset;
  if (mention) {
    return { id: Number(mention), name: trigger.textContent.replace("@", "") };
  }
  const box = trigger.closest("article, li");
  const { person, color, avatar } = box.querySelector("[data-avatar]").dataset;
  return { id: Number(person), name: box.querySelector("[data-author-name], [data-name]").textContent, color, avatar };
}
