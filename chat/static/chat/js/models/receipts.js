// Tells the server how far this page is: `ack` for what it holds, so that the server may send more, and `read` for
// what its person has seen.

const ACK_MS = 2_000;
const ACK_MESSAGES = 50;
const READ_MS = 1_000;
const RECEIVED = ["changes", "people", "typing", "rooms"];

export class Receipts {
  #socket;
  #timeline;
  #ackTimer = 0;
  #ackedAt = 0;
  #received = 0;
  #readTimer = 0;
  #seen;
  #told;
  #isHeld = false;

  constructor({ socket, timeline, read }) {
    this.#socket = socket;
    this.#timeline = timeline;
    this.#seen = this.#told = read;
  }

  connect() {
    RECEIVED.forEach((type) => this.#socket.addEventListener(type, ({ detail }) => this.#count(detail)));
    this.#socket.addEventListener("hello", () => this.#tellRead());
  }

  // What was read is to be unread again: from now on nothing is told.
  hold() {
    this.#isHeld = true;
  }

  // The person has seen everything up to here.
  seen(seq) {
    if (seq > this.#seen && !this.#isHeld) {
      this.#seen = seq;
      this.#tellRead();
    }
  }

  // Counted in the handler of the frame, not by a timer alone: browsers slow timers down in tabs that nobody looks at.
  #count(frame) {
    this.#received += frame.messages?.length ?? 0;
    if (this.#received >= ACK_MESSAGES || Date.now() - this.#ackedAt >= ACK_MS) {
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
