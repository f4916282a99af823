// An unbroken stretch of a room's log: each message once, in its newest revision, and never more than a bound.

import { shareAround } from "../helpers/window.js";

export const MOST_HELD = 300;
// Dropped down to this, so that not every new message drops an old one.
const KEPT = 240;

export class Stretch {
  #messages = new Map();
  #oldest = Infinity;
  #newest = 0;

  get oldest() {
    return this.#oldest;
  }

  get newest() {
    return this.#newest;
  }

  // In the order of the log.
  get places() {
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

  // Takes the messages that are newer than what is held, and returns those.
  hold(messages) {
    const news = messages.filter((message) => message.rev > (this.#messages.get(message.seq)?.rev ?? 0));
    for (const message of news) {
      this.#messages.set(message.seq, message);
      this.#oldest = Math.min(this.#oldest, message.seq);
      this.#newest = Math.max(this.#newest, message.seq);
    }
    return news;
  }

  // Whether nothing is missing between these, which are an unbroken stretch too, and what is held.
  meets(messages) {
    return messages.length > 0 && messages[0].seq <= this.#newest + 1 && messages.at(-1).seq >= this.#oldest - 1;
  }

  // Lets go of what is too much, farthest from a place first. The places that are no longer held.
  trim(around) {
    const places = this.places;
    if (places.length <= MOST_HELD) {
      return [];
    }
    const [first, last] = shareAround(places, around, KEPT);
    const dropped = [...places.slice(0, first), ...places.slice(last)];
    dropped.forEach((seq) => this.#messages.delete(seq));
    this.#oldest = places[first];
    this.#newest = places[last - 1];
    return dropped;
  }
}
