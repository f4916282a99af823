// Shows notifications and plays sounds, if turned on: in one tab, and in none while any tab shows the room.

import { load, save } from "../helpers/storage.js";
import { isolated, oneLine } from "../helpers/text.js";
import { isVisibleAnywhere } from "./room_visibility.js";
import { chime } from "./chime.js";

const LOCK = "chat.notifier";

export class Notifier {
  #root;
  #alerts;
  #options;
  #slug;
  #icon;

  constructor(root, { alerts, options, slug }) {
    this.#root = root;
    this.#alerts = alerts;
    this.#options = options;
    this.#slug = slug;
    this.#icon = root.querySelector("link[rel=apple-touch-icon]").href;
  }

  connect() {
    this.#alerts.addEventListener("alert", ({ detail }) => inTurn(() => this.#alert(detail)));
  }

  async #alert({ slug, message }) {
    const key = `chat.told.${slug}`;
    if (message.seq <= (load(key) ?? 0) || (await isVisibleAnywhere(slug))) {
      return;
    }
    save(key, message.seq);
    if (this.#options.sound) {
      chime();
    }
    if (this.#options.desktop && globalThis.Notification?.permission === "granted") {
      await this.#tryToNotify(slug, message);
    }
  }

  // Some browsers, such as Chrome on Android, have the Notification API but throw when a page creates a notification.
  async #tryToNotify(slug, message) {
    try {
      await this.#notify(slug, message);
    } catch (error) {
      console.warn("This browser can't show notifications from a page. They are turned off.", error);
      this.#options.set("desktop", false);
    }
  }

  // With push notifications, the service worker shows it, so that the push about the same message replaces it.
  async #notify(slug, { seq, author, body }) {
    const title = `${isolated(author?.name ?? "Chat")}${this.#placeOf(slug)}`;
    const options = { body: oneLine(body), tag: `chat.${slug}`, renotify: true, silent: true, icon: this.#icon };
    const worker = load("chat.push") && (await navigator.serviceWorker?.getRegistration());
    if (worker) {
      const data = { seq, navigate: addressOf(slug, seq) };
      await worker.showNotification(title, { ...options, data });
      return;
    }
    const notification = new Notification(title, options);
    notification.onclick = () => this.#open(slug, seq, notification);
  }

  #open(slug, seq, notification) {
    window.focus();
    notification.close();
    if (slug === this.#slug) {
      location.hash = `#${seq}`;
    } else {
      location.assign(addressOf(slug, seq));
    }
  }

  // A conversation of two has the name of the author.
  #placeOf(slug) {
    const links = [...this.#root.querySelectorAll("[data-rooms] [data-slug]")];
    const link = links.find(({ dataset }) => dataset.slug === slug);
    const isOfTwo = link && /^\d+$/.test(link.dataset.peopleIds);
    return isOfTwo ? "" : ` in ${isolated(link?.querySelector("[data-name]").textContent ?? slug)}`;
  }
}

function addressOf(slug, seq) {
  return `/rooms/${encodeURIComponent(slug)}/#${seq}`;
}

// Run in one tab at a time, so that the second tab sees what the first has shown.
function inTurn(act) {
  return navigator.locks ? navigator.locks.request(LOCK, act) : act();
}
