// Who is online in the room, and who is typing. The events "people" and "typing" announce changes.

const TYPING_TTL_MS = 6_000;

export class Roster extends EventTarget {
  count = 0;
  #people = new Map();
  #typing = new Map();
  #myId;

  constructor(myId) {
    super();
    this.#myId = myId;
  }

  // The people that the server lists, which may be fewer than `count`.
  get people() {
    return [...this.#people.values()].sort((one, other) => one.name.localeCompare(other.name));
  }

  get typing() {
    return [...this.#typing.values()].map(({ person }) => person);
  }

  start({ people, count }) {
    this.#people = new Map(people.map((person) => [person.id, person]));
    this.#setCount(count);
  }

  change({ joined, left, count }) {
    left.forEach((id) => {
      this.#people.delete(id);
      this.#stopTyping(id);
    });
    joined.forEach((person) => this.#people.set(person.id, person));
    this.#setCount(count);
  }

  setTyping({ person, on }) {
    if (person.id === this.#myId) {
      return;
    }
    this.#stopTyping(person.id);
    if (on) {
      const timer = setTimeout(() => this.#stopTyping(person.id), TYPING_TTL_MS);
      this.#typing.set(person.id, { person, timer });
      this.dispatchEvent(new Event("typing"));
    }
  }

  // Their message arrived, so they are no longer typing.
  hasWritten(personId) {
    this.#stopTyping(personId);
  }

  #stopTyping(personId) {
    clearTimeout(this.#typing.get(personId)?.timer);
    if (this.#typing.delete(personId)) {
      this.dispatchEvent(new Event("typing"));
    }
  }

  #setCount(count) {
    this.count = count ?? this.#people.size;
    this.dispatchEvent(new Event("people"));
  }
}
