// A contiguous part of a room's messages: each once, in its newest revision, and at most MAX_MESSAGES of them.

import { rangeAround } from "../helpers/window.js";

export const MAX_MESSAGES = 300;
// Trim to fewer than the maximum, so that not every new message drops an old one.
const KEPT = 240;

export class MessageWindow {
  #messages = new Map();
  #oldest = Infinity;
  #newest = 0;

  get oldest() {
    return this.#oldest;
  }

  get newest() {
    return this.#newest;
  }

  // The sequence numbers in ascending order.
  get seqs() {
    return [...this.#messages.keys()].sort((one, other) => one - other);
  }

  has(seq) {
    return this.#messages.has(seq);
  }

  get(seq) {
    return this.#messages.get(seq);
  }

  find(isSought) {
    return [...this.#messages.values()].find(isSought);
  }

  // Store the messages whose revision is newer, and return those.
  store(messages) {
    const newer = messages.filter((message) => message.rev > (this.#messages.get(message.seq)?.rev ?? 0));
    for (const message of newer) {
      this.#messages.set(message.seq, message);
      this.#oldest = Math.min(this.#oldest, message.seq);
      this.#newest = Math.max(this.#newest, message.seq);
    }
    return newer;
  }

  // Return whether these contiguous messages overlap or adjoin the stored ones, without a gap.
  adjoins(messages) {
    return messages.length > 0 && messages[0].seq <= this.#newest + 1 && messages.at(-1).seq >= this.#oldest - 1;
  }

  // Drop the messages farthest from `around` if there are too many. Return the dropped sequence numbers.
  trim(around) {
    const seqs = this.seqs;
    if (seqs.length <= MAX_MESSAGES) {
      return [];
    }
    const [first, last] = rangeAround(seqs, around, KEPT);
    const dropped = [...seqs.slice(0, first), ...seqs.slice(last)];
    dropped.forEach((seq) => this.#messages.delete(seq));
    this.#oldest = seqs[first];
    this.#newest = seqs[last - 1];
    return dropped;
  }
}
