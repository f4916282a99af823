// "Mark as unread": moves the read position back. Visible messages stay unread until the user returns to the page.

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
      this.#notices.say("Marked as unread");
    } catch (refusal) {
      this.#notices.say(refusal.message);
    }
  }
}
