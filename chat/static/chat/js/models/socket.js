// The line to the server, and the only place that knows WebSocket. It keeps itself up: it notices a dead line, waits
// with jitter, and comes back at the cursor. Each frame is dispatched as an event of its type; "state" tells how the
// line is: "connecting", "open", "waiting" (with `retryAt`) or "refused" (with `code` and `detail`, and no way back).

import { backoff, LONGEST_MS } from "../helpers/backoff.js";

const SUBPROTOCOL = "chat.v1";
const ANSWER_MS = 10_000;
// A line that held this long was a good one: the next loss starts with short waits again.
const GOOD_MS = 5_000;

const CLOSED_SIGN_IN = 4401;
const CLOSED_FOR_GOOD = [4403, 4404];
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
  #comeBackAfterMs = null;
  #refusal = "";
  #askedToSignIn = false;

  // `address` gives the URL to connect to, asked anew each time because it holds the cursor.
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

  // False when there is no line: the caller keeps what must not be lost.
  send(frame) {
    if (!this.isOpen) {
      return false;
    }
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  // Something suggests that the line is worth a look: the network is back, the tab is seen again.
  probe() {
    if (this.state.name === "waiting") {
      this.connect();
    } else if (this.isOpen) {
      this.#ping();
    }
  }

  // Give up this line and come back at the cursor.
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
      this.#comeBackAfterMs = frame.reconnect_after === undefined ? null : frame.reconnect_after * 1000;
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
    if (CLOSED_FOR_GOOD.includes(code) || (code === CLOSED_SIGN_IN && this.#askedToSignIn)) {
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
    const told = this.#comeBackAfterMs;
    this.#comeBackAfterMs = null;
    if (told !== null) {
      return told;
    }
    return CLOSED_FOR_BEHAVIOUR.includes(code) ? LONGEST_MS : backoff(this.#attempt++);
  }

  #retryIn(delayMs) {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.connect(), delayMs);
    this.#setState({ name: "waiting", retryAt: Date.now() + delayMs });
  }

  // Lets go of the present connection; nothing it still says is heard.
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
