// "Mark unread from here": the position goes back, and the line above what is new stands here.

import { Arrangement } from "./arrangement.js";

export class UnreadMark {
  #root;
  #log;
  #commands;
  #receipts;
  #notices;
  #arrangement;

  constructor(root, { commands, receipts, notices, you }) {
    this.#root = root;
    this.#log = root.querySelector("[data-log]");
    this.#commands = commands;
    this.#receipts = receipts;
    this.#notices = notices;
    this.#arrangement = new Arrangement(root, { read: 0, you });
  }

  async set({ seq, article }) {
    this.#receipts.hold();
    this.#draw(article);
    try {
      await this.#commands.markUnread(seq);
      this.#notices.say("Unread from here on.");
    } catch (refusal) {
      this.#notices.say(refusal.message);
    }
  }

  #draw(article) {
    for (const line of this.#log.querySelectorAll(".unread")) {
      const below = line.nextElementSibling;
      line.remove();
      this.#arrangement.arrange(below?.matches("article") ? [below] : []);
    }
    article.before(this.#root.getElementById("unread-template").content.firstElementChild.cloneNode(true));
    this.#arrangement.arrange([article]);
  }
}
