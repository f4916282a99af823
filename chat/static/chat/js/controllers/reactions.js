// Adds and removes the user's reactions, and shows who reacted on hover or focus.

import { isolated, namesSentence } from "../helpers/text.js";
import { MessageView } from "./message_view.js";
import { PEOPLE_CHANGED } from "./reaction_list.js";

export class Reactions {
  #log;
  #commands;
  #originals;
  #notices;
  #you;

  constructor(root, { commands, originals, notices, you }) {
    this.#log = root.querySelector("[data-log]");
    this.#commands = commands;
    this.#originals = originals;
    this.#notices = notices;
    this.#you = you;
  }

  connect() {
    this.#log.addEventListener("click", ({ target }) => {
      const button = target.closest(".reaction");
      if (button) {
        this.toggle(new MessageView(button.closest("article")), button.dataset.emoji);
      }
    });
    for (const event of ["pointerover", "focusin"]) {
      this.#log.addEventListener(event, ({ target }) => this.#showPeople(target.closest(".reaction")));
    }
    // No new hover or focus event follows for a button that has it already, as after Enter.
    this.#log.addEventListener(PEOPLE_CHANGED, ({ target }) => {
      if (target.matches(":hover, :focus")) {
        this.#showPeople(target);
      }
    });
  }

  toggle(view, emoji) {
    const mine = view.reactions.find((reaction) => reaction.emoji === emoji)?.people.includes(this.#you.id);
    return this.set(view, emoji, !mine);
  }

  // Shown immediately, and undone if the server refuses it. The server's next change overwrites it.
  async set(view, emoji, on) {
    view.showReactions(changed(view.reactions, emoji, this.#you.id, on));
    try {
      await this.#commands.react(view.seq, emoji, on);
    } catch (refusal) {
      view.showReactions(changed(view.reactions, emoji, this.#you.id, !on));
      this.#notices.say(refusal.message);
    }
  }

  // The page knows only the ids of the people. The names are fetched on hover or focus.
  async #showPeople(button) {
    if (!button || button.hasAttribute("data-who")) {
      return;
    }
    const { by, emoji } = button.dataset;
    button.setAttribute("data-who", "");
    try {
      const reactions = await this.#originals.reactions(Number(button.closest("article").dataset.seq));
      if (button.dataset.by === by) {
        this.#name(button, reactions.find((reaction) => reaction.emoji === emoji)?.people ?? []);
        return;
      }
    } catch {
      // Offline: keep the count, and fetch again on the next hover or focus.
      button.removeAttribute("data-who");
      return;
    }
    // The reactions changed in the meantime.
    button.removeAttribute("data-who");
    await this.#showPeople(button);
  }

  // The user's own reaction is added here, because the server may not have it yet.
  #name(button, people) {
    const by = button.dataset.by.split(" ").map(Number);
    const names = people.filter(({ id }) => id !== this.#you.id).map(({ name }) => isolated(name));
    const sentence = namesSentence(by.includes(this.#you.id) ? [...names, "you"] : names, by.length);
    button.setAttribute("data-who", sentence);
    button.setAttribute("aria-description", sentence);
  }
}

function changed(reactions, emoji, personId, on) {
  const exists = reactions.some((reaction) => reaction.emoji === emoji);
  const all = exists ? reactions : [...reactions, { emoji, people: [] }];
  return all
    .map((reaction) => (reaction.emoji === emoji ? { emoji, people: withPerson(reaction.people, personId, on) } : reaction))
    .filter(({ people }) => people.length);
}

function withPerson(people, personId, on) {
  const others = people.filter((id) => id !== personId);
  return on ? [...others, personId] : others;
}
