// Reactions: a press sets one's own or takes it back, at once and then for good; who else reacted is told on demand.

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
      this.#log.addEventListener(event, ({ target }) => this.#tellWho(target.closest(".reaction")));
    }
    // Neither comes again for a button that is looked at already, as after Enter.
    this.#log.addEventListener(PEOPLE_CHANGED, ({ target }) => {
      if (target.matches(":hover, :focus")) {
        this.#tellWho(target);
      }
    });
  }

  toggle(view, emoji) {
    const mine = view.reactions.find((reaction) => reaction.emoji === emoji)?.people.includes(this.#you.id);
    return this.set(view, emoji, !mine);
  }

  // Shown before it is done. What comes over the line is the truth, and what is refused is undone.
  async set(view, emoji, on) {
    view.showReactions(changed(view.reactions, emoji, this.#you.id, on));
    try {
      await this.#commands.react(view.seq, emoji, on);
    } catch (refusal) {
      view.showReactions(changed(view.reactions, emoji, this.#you.id, !on));
      this.#notices.say(refusal.message);
    }
  }

  // The list of ids knows no names; they are asked for when somebody looks.
  async #tellWho(button) {
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
      // Offline: the number is there, and the next look asks again.
      button.removeAttribute("data-who");
      return;
    }
    // Others have reacted meanwhile.
    button.removeAttribute("data-who");
    await this.#tellWho(button);
  }

  // One's own is known here, before the server may have it.
  #name(button, people) {
    const by = button.dataset.by.split(" ").map(Number);
    const names = people.filter(({ id }) => id !== this.#you.id).map(({ name }) => isolated(name));
    const sentence = namesSentence(by.includes(this.#you.id) ? [...names, "you"] : names, by.length);
    button.setAttribute("data-who", sentence);
    button.setAttribute("aria-description", sentence);
  }
}

function changed(reactions, emoji, personId, on) {
  const standing = reactions.some((reaction) => reaction.emoji === emoji);
  const all = standing ? reactions : [...reactions, { emoji, people: [] }];
  return all
    .map((reaction) => (reaction.emoji === emoji ? { emoji, people: withPerson(reaction.people, personId, on) } : reaction))
    .filter(({ people }) => people.length);
}

function withPerson(people, personId, on) {
  const others = people.filter((id) => id !== personId);
  return on ? [...others, personId] : others;
}
