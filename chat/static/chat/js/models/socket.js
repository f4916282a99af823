// The connection to the server, and the only module that uses WebSocket. It detects a dead connection, waits with
// jitter and reconnects at the cursor. Each frame is dispatched as an event of its type. The "state" event carries the
// state: "connecting", "open", "waiting" (with `retryAt`) or "refused" (with `code` and `detail`; it doesn't
// reconnect, except by `probe` after the user has signed in again).

import { backoff, LONGEST_IN_VIEW_MS, LONGEST_MS } from "../helpers/backoff.js";

const SUBPROTOCOL = "chat.v1";
const ANSWER_MS = 10_000;
// A connection that lasted this long resets the backoff to short delays.
const GOOD_MS = 5_000;
// The shortest time between two attempts that `probe` makes, such as for each key that the user presses.
const PROBE_MS = 1_000;
// An attempt that has had no answer for this long may hang in a network that is gone. `probe` starts another.
const HANGING_MS = 3_000;

// The state's code when the session is now another person's. Its `detail` is their name. It is no code of the server's.
export const ANOTHER_PERSON = "another person";

export const CLOSED_SIGN_IN = 4401;
const CLOSED_PERMANENTLY = [4403, 4404];
// What the server does not say when it closes an open connection.
const REASONS = { 4403: "You no longer have access to this room.", 4404: "This room was deleted." };
// The user can change these by signing in, in any tab. Then `probe` connects again.
const MAY_SIGN_IN = [CLOSED_SIGN_IN, ANOTHER_PERSON];
const CLOSED_FOR_BEHAVIOUR = [1008, 4400, 4429];

export class Socket extends EventTarget {
  state = { name: "idle" };
  #address;
  #isInView;
  #personId;
  #socket = null;
  #attempt = 0;
  #attemptedAt = 0;
  #openedAt = 0;
  #retryTimer = 0;
  #pingTimer = 0;
  #answerTimer = 0;
  #retryAfterMs = null;
  #mustWait = false;
  #refusal = "";
  #askedToSignIn = false;
  #probeAgain = false;

  // `address` returns the URL to connect to. It is called for each attempt, because the URL contains the cursor.
  // `isInView` returns whether the user sees the page. `personId` is the user for whom the page was made.
  constructor(address, { isInView = () => true, personId = null } = {}) {
    super();
    this.#address = address;
    this.#isInView = isInView;
    this.#personId = personId;
  }

  connect() {
    this.#drop();
    clearTimeout(this.#retryTimer);
    this.#attemptedAt = Date.now();
    this.#probeAgain = false;
    this.#setState({ name: "connecting" });
    const socket = new WebSocket(this.#address(), SUBPROTOCOL);
    this.#socket = socket;
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#closed(event.code);
    this.#expectAnswer();
  }

  disconnect() {
    this.#drop();
    clearTimeout(this.#retryTimer);
    this.#setState({ name: "idle" });
  }

  get isOpen() {
    return this.state.name === "open";
  }

  // Return whether this page never gets a connection again: the user was removed, or the room was deleted.
  get isEnded() {
    return this.state.name === "refused" && !MAY_SIGN_IN.includes(this.state.code);
  }

  // Send a frame. Return false if there is no connection; the caller keeps what must not be lost.
  send(frame) {
    if (!this.isOpen) {
      return false;
    }
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  // Check the connection now: the network is back, or the user is here. A delay that the server asked for is kept.
  probe() {
    const sinceMs = Date.now() - this.#attemptedAt;
    const { name, code } = this.state;
    if (this.isOpen) {
      this.#ping();
    } else if ((name === "waiting" && !this.#mustWait) || (name === "refused" && MAY_SIGN_IN.includes(code))) {
      this.#probeIn(PROBE_MS - sinceMs);
    } else if (name === "connecting" && sinceMs > HANGING_MS) {
      this.connect();
    } else if (name === "connecting") {
      // The user may have signed in after this attempt has sent their old cookies.
      this.#probeAgain = true;
    }
  }

  // Drop this connection and reconnect at the cursor.
  restart() {
    this.#closed(null);
  }

  #probeIn(delayMs) {
    if (delayMs <= 0) {
      this.connect();
    } else if (this.state.name === "refused") {
      clearTimeout(this.#retryTimer);
      this.#retryTimer = setTimeout(() => this.connect(), delayMs);
    } else if (this.state.name === "waiting" && this.state.retryAt > Date.now() + delayMs) {
      this.#retryIn(delayMs);
    }
  }

  #receive(text) {
    this.#answered();
    const frame = JSON.parse(text);
    if (frame.type === "hello" && this.#isForAnother(frame)) {
      this.#drop();
      this.#refuse(ANOTHER_PERSON, frame.you.name);
      return;
    }
    if (frame.type === "hello") {
      this.#openedAt = Date.now();
      this.#refusal = "";
      this.#askedToSignIn = false;
      this.#pingTimer = setInterval(() => this.#ping(), frame.heartbeat * 1000);
      this.#setState({ name: "open" });
    } else if (frame.type === "bye") {
      this.#retryAfterMs = frame.reconnect_after === undefined ? null : frame.reconnect_after * 1000;
    } else if (frame.type === "error" && !this.isOpen) {
      this.#refusal = frame.detail;
      this.#retryAfterMs = frame.retry_after === undefined ? null : frame.retry_after * 1000;
    }
    this.dispatchEvent(Object.assign(new CustomEvent(frame.type, { detail: frame }), { size: text.length }));
  }

  // The user has signed in as someone else in another tab. What this page holds must not be sent in their name.
  #isForAnother({ you }) {
    return this.#personId !== null && you.id !== this.#personId;
  }

  #ping() {
    if (this.send({ type: "ping" })) {
      this.#expectAnswer();
    }
  }

  #expectAnswer() {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => this.restart(), ANSWER_MS);
  }

  #answered() {
    clearTimeout(this.#answerTimer);
  }

  #closed(code) {
    this.#drop();
    if (CLOSED_PERMANENTLY.includes(code) || (code === CLOSED_SIGN_IN && this.#askedToSignIn)) {
      this.#refuse(code, this.#refusal || REASONS[code] || "");
      return;
    }
    this.#askedToSignIn = code === CLOSED_SIGN_IN;
    this.#retryIn(this.#delayAfter(code));
  }

  #refuse(code, detail) {
    this.#setState({ name: "refused", code, detail });
    if (this.#probeAgain) {
      this.probe();
    }
  }

  #delayAfter(code) {
    if (this.#openedAt && Date.now() - this.#openedAt > GOOD_MS) {
      this.#attempt = 0;
    }
    this.#openedAt = 0;
    const isForBehaviour = CLOSED_FOR_BEHAVIOUR.includes(code);
    const asked = this.#retryAfterMs;
    this.#retryAfterMs = null;
    this.#mustWait = isForBehaviour || asked !== null;
    if (isForBehaviour) {
      return Math.max(LONGEST_MS, asked ?? 0);
    }
    return asked ?? backoff(this.#attempt++, { longest: this.#isInView() ? LONGEST_IN_VIEW_MS : LONGEST_MS });
  }

  #retryIn(delayMs) {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.connect(), delayMs);
    this.#setState({ name: "waiting", retryAt: Date.now() + delayMs });
  }

  // Close the current connection and ignore its later events.
  #drop() {
    clearInterval(this.#pingTimer);
    clearTimeout(this.#answerTimer);
    if (this.#socket) {
      this.#socket.onmessage = this.#socket.onclose = null;
      this.#socket.close();
      this.#socket = null;
    }
  }

  #setState(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}
