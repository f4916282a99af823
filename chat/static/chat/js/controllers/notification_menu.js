// The bell menu. The server stores the level of the room, the browser desktop notifications and sound.

import { sessionMark } from "./session_mark.js";
import { chime } from "./chime.js";

const TIMEOUT_MS = 15_000;
const NOT_SAVED = "Couldn’t save. Try again.";
const UNSAFE = "Notifications need a secure (https) connection.";
const BLOCKED = "Notifications are blocked. Allow them in your browser’s site settings.";

export class NotificationMenu {
  #root;
  #bell;
  #form;
  #note;
  #slug;
  #unread;
  #options;
  #csrfToken;
  #you;
  #push = null;

  constructor(root, { slug, unread, options, csrfToken, you }) {
    this.#root = root;
    this.#bell = root.querySelector("[data-bell]");
    this.#form = root.querySelector("[data-notifications]");
    this.#note = this.#form.querySelector("[data-note]");
    this.#slug = slug;
    this.#unread = unread;
    this.#options = options;
    this.#csrfToken = csrfToken;
    this.#you = you;
  }

  connect() {
    this.#form.addEventListener("change", ({ target }) => this.#change(target));
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("toggle", ({ newState }) => this.#toggle(newState === "open"));
    this.#unread.addEventListener("changed", () => this.#showBell());
    this.#show();
  }

  #toggle(isOpen) {
    this.#show();
    if (isOpen && this.#form.elements.push) {
      this.#showPush().catch((error) => console.warn("Could not show the push notifications.", error));
    }
  }

  // The code is loaded on first use.
  async #showPush() {
    const { PushDevice } = await import("../models/push_device.js");
    const { PushSwitch } = await import("./push_switch.js");
    if (!this.#push) {
      const device = new PushDevice({ person: this.#you.id, token: () => this.#csrfToken.current(), session: sessionMark });
      this.#push = new PushSwitch(this.#form, { device, note: this.#note });
      this.#push.connect();
    }
    await this.#push.show();
  }

  #show() {
    const { level, desktop, sound } = this.#form.elements;
    const shown = this.#showBell();
    // Each direct message counts as a mention.
    level.value = shown === "mentions" && this.#unread.get(this.#slug).isDirect ? "all" : shown;
    desktop.checked = this.#options.desktop && globalThis.Notification?.permission === "granted";
    desktop.disabled = !globalThis.Notification;
    sound.checked = this.#options.sound;
    this.#note.textContent = globalThis.Notification ? "" : UNSAFE;
  }

  // Return the level of the room.
  #showBell() {
    return (this.#bell.dataset.level = this.#unread.get(this.#slug).level);
  }

  #change({ name, value, checked }) {
    if (name === "level") {
      this.#setLevel(value);
    } else if (name === "desktop" && checked) {
      this.#allow();
    } else if (name !== "push") {
      this.#options.set(name, checked);
      if (name === "sound" && checked) {
        chime();
      }
    }
  }

  // Shown immediately, and reverted if the server refuses it.
  async #setLevel(level) {
    const before = this.#unread.get(this.#slug).level;
    this.#unread.setLevel(this.#slug, level);
    this.#show();
    try {
      await this.#save(level);
    } catch (error) {
      console.warn(`The level "${level}" could not be saved.`, error);
      this.#unread.setLevel(this.#slug, before);
      this.#show();
      this.#note.textContent = NOT_SAVED;
    }
  }

  async #save(level) {
    const answer = await fetch(`/api/rooms/${encodeURIComponent(this.#slug)}/notifications/`, {
      method: "PUT",
      body: JSON.stringify({ level }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": await this.#csrfToken.current(),
      },
    });
    if (!answer.ok) {
      throw new Error(`The server answered ${answer.status}.`);
    }
  }

  // Ask for the browser's permission, only after the user has turned notifications on.
  async #allow() {
    const isAllowed = (await Notification.requestPermission()) === "granted";
    this.#options.set("desktop", isAllowed);
    this.#show();
    this.#note.textContent = isAllowed ? "" : BLOCKED;
  }
}
