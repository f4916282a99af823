// The messages that are not yet known to be stored. Entries survive a reload. Each has its own key in local storage, so
// that tabs never overwrite each other's entries. A retry uses the same client id, so it never posts twice. The state
// of an entry is "waiting", "sent" (stored, but not yet received back) or "failed" (with a `detail` sentence). The
// events "added", "changed" and "removed" carry one entry. A message with files waits until `keys` names them. Those
// after it wait, too.

import { keysUnder, load, remove, save } from "../helpers/storage.js";
import { uuid } from "../helpers/uuid.js";

export function isUploading({ files, keys }) {
  return Boolean(files?.length) && !keys;
}

export class Outbox extends EventTarget {
  #prefix;
  #entries = new Map();

  constructor({ personId, slug }) {
    super();
    this.#prefix = `chat.outbox.${personId}.${slug}.`;
  }

  // Restore the entries of an earlier page, except those that `isStored` reports as stored.
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

  // The next entry to send: the oldest that is waiting.
  get next() {
    return this.entries.find((entry) => entry.state === "waiting");
  }

  // `reply` is { seq, author, text }: the message replied to and its quote, shown until the message itself is received.
  // `files`: [{ id, name, size, kind, width, height }].
  add(body, reply = null, files = []) {
    // Always later than the entry before, so that the order survives a reload.
    const createdAt = Math.max(Date.now(), ...this.entries.map((entry) => entry.created_at + 1));
    const entry = { client_id: uuid(), body, created_at: createdAt, state: "waiting", reply, files };
    save(this.#prefix + entry.client_id, entry);
    this.#put(entry, "added");
  }

  // The server has stored the message. The entry stays on the page until the message itself is received.
  markSent(clientId) {
    remove(this.#prefix + clientId);
    this.#update(clientId, { state: "sent" });
  }

  markFailed(clientId, detail) {
    this.#update(clientId, { state: "failed", detail });
    this.#keep(clientId);
  }

  // The files of the message are uploaded.
  attach(clientId, keys) {
    this.#update(clientId, { keys });
    this.#keep(clientId);
  }

  // Tell how far the files of the message are. This is not kept.
  note(clientId, files) {
    this.#update(clientId, { files });
  }

  retry(clientId) {
    this.#update(clientId, { state: "waiting", detail: undefined });
    this.#keep(clientId);
  }

  // Remove an entry: its message was received, or the author discarded it.
  drop(clientId) {
    const entry = this.#entries.get(clientId);
    if (entry) {
      remove(this.#prefix + clientId);
      this.#entries.delete(clientId);
      this.dispatchEvent(new CustomEvent("removed", { detail: entry }));
    }
  }

  // Another tab of this user removed the entry with this storage key.
  removedElsewhere(key) {
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
