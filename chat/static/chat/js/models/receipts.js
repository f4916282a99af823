// Reports progress to the server: `ack` for what the page has received, so that the server may send more, and `read`
// for what the user has seen, if they have joined the room. The "held" event says that messages from a sequence number
// on stay unread. The "readElsewhere" event says that the user has read up to one in another window or program.

const ACK_MS = 2_000;
// The window in bytes of a server that doesn't announce one.
const WINDOW = 512 * 1024;
// A character of a frame has up to three bytes, so a sixth of the window in characters is at most half of it in bytes.
const PART = 6;
const READ_MS = 1_000;
const RECEIVED = ["changes", "people", "typing", "rooms", "alert", "saved", "ephemeral"];

export class Receipts extends EventTarget {
  #socket;
  #timeline;
  #isMember;
  #ackTimer = 0;
  #ackedAt = 0;
  #received = 0;
  #enough = WINDOW / PART;
  #readTimer = 0;
  #seen;
  #sent;
  #newSince;
  #isHeld = false;

  // `isMember` returns whether the user belongs to the room.
  constructor({ socket, timeline, read, isMember = () => true }) {
    super();
    this.#socket = socket;
    this.#timeline = timeline;
    this.#isMember = isMember;
    this.#seen = this.#sent = read;
    // Someone who has read nothing yet has no "new" messages.
    this.#newSince = read || timeline.end;
  }

  connect() {
    RECEIVED.forEach((type) => this.#socket.addEventListener(type, ({ size }) => this.#count(size)));
    this.#socket.addEventListener("hello", ({ detail }) => this.#begin(detail));
    this.#socket.addEventListener("standing", () => this.#sendRead());
    this.#socket.addEventListener("rooms", ({ detail }) => this.#movedElsewhere(detail));
    this.#socket.addEventListener("ok", ({ detail }) => this.#posted(detail));
  }

  // The number of messages that the user hasn't seen.
  get unseen() {
    return Math.max(0, this.#timeline.end - Math.max(this.#seen, this.#newSince));
  }

  // The user has seen messages `first` to `last`. It counts only if there is no gap before them.
  sawFrom(first, last) {
    if (first <= this.#seen + 1) {
      this.seen(last);
    }
  }

  // The user has seen everything up to `seq`.
  seen(seq) {
    if (seq > this.#seen && !this.#isHeld) {
      this.#seen = seq;
      this.#sendRead();
    }
  }

  // Keep this message and later ones unread, even while they are visible, until `release` or until the user posts.
  hold(seq = 1) {
    this.#isHeld = true;
    this.#seen = this.#sent = this.#newSince = seq - 1;
    this.dispatchEvent(new CustomEvent("held", { detail: { seq } }));
  }

  release() {
    this.#isHeld = false;
  }

  #movedElsewhere({ read = 0, unread_from: unreadFrom }) {
    if (unreadFrom) {
      this.hold(unreadFrom);
    } else if (read > this.#seen) {
      this.release();
      this.#seen = this.#sent = read;
      this.dispatchEvent(new CustomEvent("readElsewhere", { detail: { seq: read } }));
    }
  }

  // The server counts everything before a user's own message as read. A command of a bot posts none.
  #posted({ client_id: clientId, seq }) {
    if (clientId && seq) {
      this.release();
      this.#seen = Math.max(this.#seen, seq);
      this.#sent = Math.max(this.#sent, seq);
    }
  }

  #begin({ limits, read }) {
    this.#movedElsewhere({ read });
    this.#received = 0;
    this.#enough = (limits?.window ?? WINDOW) / PART;
    this.#sendRead();
  }

  // Frames are counted as they arrive, because browsers slow down timers in background tabs. The timer acknowledges the
  // last frames of a burst. `size` is the number of characters of the frame.
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

  // Send immediately, then at most once per second.
  #sendRead() {
    const isDue = !this.#readTimer && this.#seen > this.#sent && this.#isMember();
    if (isDue && this.#socket.send({ type: "read", seq: this.#seen })) {
      this.#sent = this.#seen;
      this.#readTimer = setTimeout(() => this.#sendReadAgain(), READ_MS);
    }
  }

  #sendReadAgain() {
    this.#readTimer = 0;
    this.#sendRead();
  }
}
