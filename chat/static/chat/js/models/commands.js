// Sends the commands on existing messages: edit, delete, react, mark as unread, save. They are sent one at a time, in order.
// After a reconnect the unanswered command is sent again, which is safe because each is idempotent. If there will be no
// connection any more, all are refused.

import { retryDelay } from "../helpers/refusals.js";
import { uuid } from "../helpers/uuid.js";

// A refused command: `code` for the page, `message` for the user.
export class Refusal extends Error {
  constructor({ code, detail }) {
    super(detail);
    this.code = code;
  }
}

export class Commands {
  #socket;
  #waiting = [];
  #isUnderway = false;
  #timer = 0;

  constructor(socket) {
    this.#socket = socket;
  }

  connect() {
    this.#socket.addEventListener("hello", () => this.#startOver());
    this.#socket.addEventListener("state", () => this.#socket.isEnded && this.#sendNext());
    this.#socket.addEventListener("ok", ({ detail }) => this.#accepted(detail));
    this.#socket.addEventListener("error", ({ detail }) => this.#refused(detail));
  }

  // `files`: the keys of the files that stay. Without it, all of them do.
  edit(seq, body, ifRev, files = undefined) {
    return this.#ask({ type: "edit", seq, body, if_rev: ifRev, ...(files && { files }) });
  }

  // Remove the preview of a link. It stays removed.
  removePreview(seq, url) {
    return this.#ask({ type: "unfurl", seq, url, on: false });
  }

  // `reason`: why a moderator deletes someone else's message.
  delete(seq, reason = "") {
    return this.#ask({ type: "delete", seq, ...(reason && { reason }) });
  }

  react(seq, emoji, on) {
    return this.#ask({ type: "react", seq, emoji, on });
  }

  markUnread(seq) {
    return this.#ask({ type: "unread", seq });
  }

  // Call a command of a bot. Sent again after a break, it has the same client id, so it runs once.
  call(name, words) {
    return this.#ask({ type: "command", client_id: uuid(), name, arguments: words });
  }

  bookmark(seq, on) {
    return this.#ask({ type: "bookmark", seq, on });
  }

  // Return a promise of the answer, which waits while the connection is down. It rejects with a Refusal.
  #ask(frame) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ frame: { ...frame, ref: uuid() }, resolve, reject });
      this.#sendNext();
    });
  }

  #sendNext() {
    if (this.#socket.isEnded) {
      const refusal = new Refusal({ code: "forbidden", detail: this.#socket.state.detail });
      this.#isUnderway = false;
      this.#waiting.splice(0).forEach(({ reject }) => reject(refusal));
    } else if (!this.#isUnderway && !this.#timer && this.#waiting.length) {
      this.#isUnderway = this.#socket.send(this.#waiting[0].frame);
    }
  }

  #startOver() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#isUnderway = false;
    this.#sendNext();
  }

  #accepted(answer) {
    if (this.#isAbout(answer)) {
      this.#waiting.shift().resolve(answer);
      this.#startOver();
    }
  }

  #refused(answer) {
    // Keep the command for after the next sign-in. The connection is about to close.
    if (!this.#isAbout(answer) || answer.code === "signed_out") {
      return;
    }
    const delay = retryDelay(answer);
    if (delay !== null) {
      this.#isUnderway = false;
      this.#timer = setTimeout(() => this.#startOver(), delay);
    } else {
      this.#waiting.shift().reject(new Refusal(answer));
      this.#startOver();
    }
  }

  #isAbout({ ref }) {
    return this.#isUnderway && ref === this.#waiting[0].frame.ref;
  }
}
