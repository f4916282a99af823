// What was written and is not yet known to be stored. It outlives the page: each entry has a key of its own in local
// storage, so that tabs never overwrite each other's. A retry carries the same client id, which makes it safe.
// An entry is "waiting", "sent" (durable, its echo still to come) or "failed" (with `detail`, the reason in a sentence).
// "added", "changed" and "removed" tell of one entry.

import { keysUnder, load, remove, save } from "../helpers/storage.js";
import { uuid } from "../helpers/uuid.js";

export class Outbox extends EventTarget {
  #prefix;
  #entries = new Map();

  constructor({ personId, slug }) {
    super();
    this.#prefix = `chat.outbox.${personId}.${slug}.`;
  }

  // Takes up what an earlier page left, but for what `isStored` says has arrived.
  connect(isStored) {
    const kept = keysUnder(this.#prefix).map((key) => load(key));
    kept.sort((one, other) => one.created_at - other.created_at);
    for (const entry of kept) {
      if (isStored(entry.client_id)) {
        remove(this.#prefix + entry.client_id);
      } else {
        this.#put(entry, "added");
      }
    }
  }

  get entries() {
    return [...this.#entries.values()];
  }

  get(clientId) {
    return this.#entries.get(clientId);
  }

  // The entry to send now: the oldest that waits.
  get next() {
    return this.entries.find((entry) => entry.state === "waiting");
  }

  // `reply` is { seq, author, text }: the message it answers, and how that is quoted until it is here.
  add(body, reply = null) {
    // Never equal to the one before, so that the order survives a reload.
    const createdAt = Math.max(Date.now(), ...this.entries.map((entry) => entry.created_at + 1));
    const entry = { client_id: uuid(), body, created_at: createdAt, state: "waiting", reply };
    save(this.#prefix + entry.client_id, entry);
    this.#put(entry, "added");
  }

  // It is stored: nothing to keep. The entry stands for the message until the message itself is here.
  markSent(clientId) {
    remove(this.#prefix + clientId);
    this.#update(clientId, { state: "sent" });
  }

  markFailed(clientId, detail) {
    this.#update(clientId, { state: "failed", detail });
    this.#keep(clientId);
  }

  retry(clientId) {
    this.#update(clientId, { state: "waiting", detail: undefined });
    this.#keep(clientId);
  }

  // The message itself is here, or its writer gave it up.
  drop(clientId) {
    const entry = this.#entries.get(clientId);
    if (entry) {
      remove(this.#prefix + clientId);
      this.#entries.delete(clientId);
      this.dispatchEvent(new CustomEvent("removed", { detail: entry }));
    }
  }

  // Another tab of this person has dealt with the entry under this key of the storage.
  dealtWithElsewhere(key) {
    if (key?.startsWith(this.#prefix)) {
      this.drop(key.slice(this.#prefix.length));
    }
  }

  #put(entry, event) {
    this.#entries.set(entry.client_id, entry);
    this.dispatchEvent(new CustomEvent(event, { detail: entry }));
  }

  #update(clientId, changes) {
    const entry = this.#entries.get(clientId);
    if (entry) {
      this.#put({ ...entry, ...changes }, "changed");
    }
  }

  #keep(clientId) {
    const entry = this.#entries.get(clientId);
    if (entry) {
      save(this.#prefix + clientId, entry);
    }
  }
}
