// The bar for a lost connection. It retries early when the network is back, or when the user comes back or types.

import { isolated, plural } from "../helpers/text.js";
import { ANOTHER_PERSON, CLOSED_SIGN_IN } from "../models/socket.js";

const GRACE_MS = 3_000;
const SECOND_MS = 1_000;

export class ConnectionBar {
  #root;
  #bar;
  #text;
  #countdown;
  #retry;
  #login;
  #home;
  #socket;
  #outbox;
  #lostAt = null;
  #timer = 0;

  constructor(root, { socket, outbox }) {
    const part = (name) => root.querySelector(`[data-connection${name}]`);
    this.#root = root;
    this.#bar = part("");
    this.#text = part("-text");
    this.#countdown = part("-countdown");
    this.#retry = part("-retry");
    this.#login = part("-login");
    this.#home = part("-home");
    this.#socket = socket;
    this.#outbox = outbox;
  }

  connect() {
    this.#socket.addEventListener("state", () => this.#show());
    this.#retry.addEventListener("click", () => this.#socket.connect());
    window.addEventListener("online", () => this.#socket.probe());
    this.#root.addEventListener("visibilitychange", () => {
      if (this.#root.visibilityState === "visible") {
        this.#socket.probe();
      }
    });
    window.addEventListener("focus", () => this.#nudge());
    this.#root.addEventListener("input", () => this.#nudge());
    ["added", "changed", "removed"].forEach((type) => this.#outbox.addEventListener(type, () => this.#recount()));
  }

  // The user is here. An open connection has its heartbeat.
  #nudge() {
    if (!this.#socket.isOpen) {
      this.#socket.probe();
    }
  }

  #recount() {
    if (!this.#bar.hidden) {
      this.#show();
    }
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
    const isSignedOut = code === CLOSED_SIGN_IN;
    if (isSignedOut) {
      this.#say(`You’ve been signed out.${this.#waiting("when you sign in")}`);
    } else if (code === ANOTHER_PERSON) {
      this.#say(`You’re signed in as ${isolated(detail)} now. Reload to use this room with that account.`);
    } else {
      this.#say(detail);
    }
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
    this.#say(`You’re offline.${this.#waiting("when you reconnect") || " Messages will be sent when you reconnect."}`);
    this.#countdown.textContent = name === "waiting" ? `Reconnecting in ${seconds}s.` : "Reconnecting…";
    this.#retry.hidden = name !== "waiting";
    this.#login.hidden = this.#home.hidden = true;
    this.#bar.hidden = false;
    this.#timer = setTimeout(() => this.#showLoss(), SECOND_MS);
  }

  // How many messages wait to be sent, as a sentence, or an empty string.
  #waiting(when) {
    const count = this.#outbox.entries.filter(({ state }) => state === "waiting").length;
    return count ? ` ${plural(count, "message")} will be sent ${when}.` : "";
  }

  // Set the text only if it differs, because screen readers announce each change.
  #say(sentence) {
    if (this.#text.textContent !== sentence) {
      this.#text.textContent = sentence;
    }
  }
}
