// Tells the server how far this page is: `ack` for what it holds, so that the server may send more, and `read` for
// what its person has seen. "held" tells that from a place on nothing counts as seen.

const ACK_MS = 2_000;
// What a server that does not tell its window allows, in bytes.
const WINDOW = 512 * 1024;
// A character of a frame is up to three bytes, so that a sixth of the window in characters is at most half in bytes.
const PART = 6;
const READ_MS = 1_000;
const RECEIVED = ["changes", "people", "typing", "rooms"];

export class Receipts extends EventTarget {
  #socket;
  #timeline;
  #ackTimer = 0;
  #ackedAt = 0;
  #received = 0;
  #enough = WINDOW / PART;
  #readTimer = 0;
  #seen;
  #told;
  #newSince;
  #isHeld = false;

  constructor({ socket, timeline, read }) {
    super();
    this.#socket = socket;
    this.#timeline = timeline;
    this.#seen = this.#told = read;
    // To somebody who has read nothing yet, nothing is newer than the rest.
    this.#newSince = read || timeline.end;
  }

  connect() {
    RECEIVED.forEach((type) => this.#socket.addEventListener(type, ({ size }) => this.#count(size)));
    this.#socket.addEventListener("hello", ({ detail }) => this.#begin(detail));
    this.#socket.addEventListener("ok", ({ detail }) => this.#posted(detail));
  }

  // How many messages are new to the person.
  get unseen() {
    return Math.max(0, this.#timeline.end - Math.max(this.#seen, this.#newSince));
  }

  // The person has seen the messages from one place to another, which counts where nothing before them was left out.
  sawFrom(first, last) {
    if (first <= this.#seen + 1) {
      this.seen(last);
    }
  }

  // The person has seen everything up to here.
  seen(seq) {
    if (seq > this.#seen && !this.#isHeld) {
      this.#seen = seq;
      this.#tellRead();
    }
  }

  // This message and those after it are to stay unread, even where they are in view, until `release`, or until the
  // person writes.
  hold(seq = 1) {
    this.#isHeld = true;
    this.#seen = this.#told = this.#newSince = seq - 1;
    this.dispatchEvent(new CustomEvent("held", { detail: { seq } }));
  }

  release() {
    this.#isHeld = false;
  }

  // The server takes it that whoever writes has read what was there.
  #posted({ client_id: clientId, seq }) {
    if (clientId) {
      this.release();
      this.#seen = Math.max(this.#seen, seq);
      this.#told = Math.max(this.#told, seq);
    }
  }

  #begin({ limits }) {
    this.#received = 0;
    this.#enough = (limits?.window ?? WINDOW) / PART;
    this.#tellRead();
  }

  // Counted in the handler of the frame, not by a timer alone: browsers slow timers down in tabs that nobody looks at.
  // The timer is for the last frames, after which none comes. `size` is the frame's characters.
  #count(size) {
    this.#received += size;
    if (this.#received >= this.#enough || Date.now() - this.#ackedAt >= ACK_MS) {
      this.#ack();
    } else {
      this.#ackTimer ||= setTimeout(() => this.#ack(), ACK_MS);
    }
  }

  #ack() {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = 0;
    this.#received = 0;
    this.#ackedAt = Date.now();
    this.#socket.send({ type: "ack", cursor: this.#timeline.cursor });
  }

  // At once, then at most once a second.
  #tellRead() {
    if (!this.#readTimer && this.#seen > this.#told && this.#socket.send({ type: "read", seq: this.#seen })) {
      this.#told = this.#seen;
      this.#readTimer = setTimeout(() => this.#tellAgain(), READ_MS);
    }
  }

  #tellAgain() {
    this.#readTimer = 0;
    this.#tellRead();
  }
}
