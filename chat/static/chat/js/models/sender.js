// Sends the outbox in order, one message at a time. A message that waits for its files keeps those after it waiting. The
// server recognises a repeat by its client id.

import { retryDelay } from "../helpers/refusals.js";
import { isUploading } from "./outbox.js";

export class Sender {
  #outbox;
  #socket;
  #timeline;
  #underway = null;
  #timer = 0;

  constructor({ outbox, socket, timeline }) {
    this.#outbox = outbox;
    this.#socket = socket;
    this.#timeline = timeline;
  }

  connect() {
    this.#outbox.addEventListener("added", () => this.#sendNext());
    this.#outbox.addEventListener("changed", () => this.#sendNext());
    this.#socket.addEventListener("hello", () => this.#startOver());
    this.#socket.addEventListener("state", () => this.#socket.isEnded && this.#sendNext());
    this.#socket.addEventListener("ok", ({ detail }) => this.#accepted(detail));
    this.#socket.addEventListener("error", ({ detail }) => this.#refused(detail));
  }

  #startOver() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#underway = null;
    this.#sendNext();
  }

  #sendNext() {
    const entry = this.#outbox.next;
    if (this.#socket.isEnded && entry) {
      // There will be no connection any more. Each entry that fails is a change, which leads to the next one.
      this.#outbox.markFailed(entry.client_id, this.#socket.state.detail);
      return;
    }
    if (this.#underway || this.#timer || !entry || isUploading(entry)) {
      return;
    }
    const { client_id, body, reply, keys } = entry;
    if (this.#socket.send({ type: "post", ref: client_id, client_id, body, reply_to: reply?.seq, files: keys })) {
      this.#underway = client_id;
    }
  }

  #accepted({ ref, seq }) {
    if (ref !== this.#underway || !ref) {
      return;
    }
    this.#underway = null;
    this.#outbox.markSent(ref);
    if (this.#timeline.isPast(seq)) {
      this.#outbox.drop(ref);
    }
    this.#sendNext();
  }

  #refused(refusal) {
    const { ref, code, detail } = refusal;
    // Keep the message for after the next sign-in. The connection is about to close.
    if (ref !== this.#underway || !ref || code === "signed_out") {
      return;
    }
    this.#underway = null;
    const delay = retryDelay(refusal);
    if (delay !== null) {
      this.#timer = setTimeout(() => this.#startOver(), delay);
    } else {
      this.#outbox.markFailed(ref, detail);
      this.#sendNext();
    }
  }
}
