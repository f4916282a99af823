// The connection to the server, and the only module that uses WebSocket. It detects a dead connection, waits with
// jitter and reconnects at the cursor. Each frame is dispatched as an event of its type. The "state" event carries the
// state: "connecting", "open", "waiting" (with `retryAt`) or "refused" (with `code` and `detail`; it doesn't
// reconnect).

import { backoff, LONGEST_MS } from "../helpers/backoff.js";

const SUBPROTOCOL = "chat.v1";
const ANSWER_MS = 10_000;
// A connection that lasted this long resets the backoff to short delays.
const GOOD_MS = 5_000;

const CLOSED_SIGN_IN = 4401;
const CLOSED_PERMANENTLY = [4403, 4404];
const CLOSED_FOR_BEHAVIOUR = [1008, 4400, 4429];

export class Socket extends EventTarget {
  state = { name: "idle" };
  #address;
  #socket = null;
  #attempt = 0;
  #openedAt = 0;
  #retryTimer = 0;
  #pingTimer = 0;
  #answerTimer = 0;
  #retryAfterMs = null;
  #refusal = "";
  #askedToSignIn = false;

  // `address` returns the URL to connect to. It is called for each attempt, because the URL contains the cursor.
  constructor(address) {
    super();
    this.#address = address;
  }

  connect() {
    clearTimeout(this.#retryTimer);
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

  // Send a frame. Return false if there is no connection; the caller keeps what must not be lost.
  send(frame) {
    if (!this.isOpen) {
      return false;
    }
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  // Check the connection now: the network is back, or the tab became visible.
  probe() {
    if (this.state.name === "waiting") {
      this.connect();
    } else if (this.isOpen) {
      this.#ping();
    }
  }

  // Drop this connection and reconnect at the cursor.
  restart() {
    this.#closed(null);
  }

  #receive(text) {
    this.#answered();
    const frame = JSON.parse(text);
    if (frame.type === "hello") {
      this.#openedAt = Date.now();
      this.#refusal = "";
      this.#askedToSignIn = false;
      this.#pingTimer = setInterval(() => this.#ping(), frame.heartbeat * 1000);
      this.#setState({ name: "open" });
    } else if (frame.type === "bye") {
      this.#retryAfterMs = frame.reconnect_after === undefined ? null : frame.reconnect_after * 1000;
    } else if (frame.type === "error" && !frame.ref) {
      this.#refusal = frame.detail;
    }
    this.dispatchEvent(Object.assign(new CustomEvent(frame.type, { detail: frame }), { size: text.length }));
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
      this.#setState({ name: "refused", code, detail: this.#refusal });
      return;
    }
    this.#askedToSignIn = code === CLOSED_SIGN_IN;
    this.#retryIn(this.#delayAfter(code));
  }

  #delayAfter(code) {
    if (this.#openedAt && Date.now() - this.#openedAt > GOOD_MS) {
      this.#attempt = 0;
    }
    this.#openedAt = 0;
    const delay = this.#retryAfterMs;
    this.#retryAfterMs = null;
    if (delay !== null) {
      return delay;
    }
    return CLOSED_FOR_BEHAVIOUR.includes(code) ? LONGEST_MS : backoff(this.#attempt++);
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
