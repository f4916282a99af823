// "Mark unread from here": the position goes back, and nothing in view counts as read until the person comes back.

export class UnreadMark {
  #commands;
  #receipts;
  #notices;

  constructor({ commands, receipts, notices }) {
    this.#commands = commands;
    this.#receipts = receipts;
    this.#notices = notices;
  }

  async set({ seq }) {
    this.#receipts.hold(seq);
    try {
      await this.#commands.markUnread(seq);
      this.#notices.say("Unread from here on.");
    } catch (refusal) {
      this.#notices.say(refusal.message);
    }
  }
}
