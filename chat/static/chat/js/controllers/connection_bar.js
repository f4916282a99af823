// The bar for a lost connection. It retries early when the network is back or the tab becomes visible.

const GRACE_MS = 3_000;
const SECOND_MS = 1_000;
const SIGNED_OUT = 4401;
const NO_SUCH_ROOM = 4404;
const CLOSED = "You no longer have access to this room.";
const DELETED = "This room was deleted.";

export class ConnectionBar {
  #root;
  #bar;
  #text;
  #countdown;
  #retry;
  #login;
  #home;
  #socket;
  #lostAt = null;
  #timer = 0;

  constructor(root, socket) {
    const part = (name) => root.querySelector(`[data-connection${name}]`);
    this.#root = root;
    this.#bar = part("");
    this.#text = part("-text");
    this.#countdown = part("-countdown");
    this.#retry = part("-retry");
    this.#login = part("-login");
    this.#home = part("-home");
    this.#socket = socket;
  }

  connect() {
    this.#socket.addEventListener("state", () => this.#show());
    this.#retry.addEventListener("click", () => this.#socket.probe());
    window.addEventListener("online", () => this.#socket.probe());
    this.#root.addEventListener("visibilitychange", () => {
      if (this.#root.visibilityState === "visible") {
        this.#socket.probe();
      }
    });
  }

  #show() {
    clearTimeout(this.#timer);
    const { name } = this.#socket.state;
    if (name === "open" || name === "idle") {
      this.#lostAt = null;
      this.#bar.hidden = true;
    } else if (name === "refused") {
      this.#showRefusal(this.#socket.state);
    } else {
      this.#lostAt ??= Date.now();
      this.#showLoss();
    }
  }

  #showRefusal({ code, detail }) {
    const isSignedOut = code === SIGNED_OUT;
    this.#say(isSignedOut ? "You’ve been signed out." : detail || (code === NO_SUCH_ROOM ? DELETED : CLOSED));
    this.#countdown.textContent = "";
    this.#retry.hidden = true;
    this.#login.hidden = !isSignedOut;
    this.#home.hidden = isSignedOut;
    this.#bar.hidden = false;
  }

  #showLoss() {
    const lostFor = Date.now() - this.#lostAt;
    if (lostFor < GRACE_MS) {
      this.#timer = setTimeout(() => this.#showLoss(), GRACE_MS - lostFor);
      return;
    }
    const { name, retryAt } = this.#socket.state;
    const seconds = Math.max(1, Math.ceil((retryAt - Date.now()) / SECOND_MS));
    this.#say("You’re offline. Messages will be sent when you reconnect.");
    this.#countdown.textContent = name === "waiting" ? `Reconnecting in ${seconds}s.` : "Reconnecting…";
    this.#retry.hidden = name !== "waiting";
    this.#login.hidden = this.#home.hidden = true;
    this.#bar.hidden = false;
    this.#timer = setTimeout(() => this.#showLoss(), SECOND_MS);
  }

  // Set the text only if it differs, because screen readers announce each change.
  #say(sentence) {
    if (this.#text.textContent !== sentence) {
      this.#text.textContent = sentence;
    }
  }
}
