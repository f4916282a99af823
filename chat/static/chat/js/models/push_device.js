// The push notifications of this browser, for the person who is signed in. The service worker shows them.

import { load, remove, save } from "../helpers/storage.js";

// { person, session }: who has turned them on here, and a mark of the session that the server knows them by.
const KEY = "chat.push";
const WORKER = "/service-worker.js";
const TIMEOUT_MS = 15_000;

// The Trusted Types policy for the only script that becomes a worker.
const policy = globalThis.trustedTypes?.createPolicy("worker", { createScriptURL: () => WORKER });

// Errors with this name have a message for the user.
export class PushError extends Error {
  name = "PushError";
}

export class PushDevice {
  #person;
  #token;
  #session;

  // `token` returns a promise of the CSRF token. `session` returns a text that changes with each sign-in.
  constructor({ person, token, session }) {
    this.#person = person;
    this.#token = token;
    this.#session = session;
  }

  get isSupported() {
    return Boolean(globalThis.navigator?.serviceWorker && globalThis.PushManager && globalThis.Notification);
  }

  // Whether they are on, for the present `key` of the site.
  async isOn(key) {
    const subscription = load(KEY)?.person === this.#person && (await this.#subscription());
    return Boolean(subscription) && keyOf(subscription) === key;
  }

  // `key` is the public key of the site. Throws a PushError.
  async turnOn(key) {
    if ((await Notification.requestPermission()) !== "granted") {
      throw new PushError("Notifications are blocked. Allow them in your browser’s site settings.");
    }
    await this.#send("POST", "/api/push/", keysOf(await this.#subscribe(key)));
    this.#remember();
  }

  async turnOff() {
    const subscription = await this.end();
    if (subscription) {
      await this.#send("DELETE", "/api/push/", { endpoint: subscription.endpoint });
    }
  }

  async test() {
    await this.#send("POST", "/api/push/test/");
  }

  // Tell the server about a new session of the same person. Another person begins without notifications.
  async renew() {
    const known = load(KEY);
    const subscription = await this.#subscription();
    if (known?.person !== this.#person || !subscription) {
      await this.end();
    } else if (known.session !== this.#session()) {
      await this.#send("POST", "/api/push/", keysOf(subscription));
      this.#remember();
    }
  }

  // End them in this browser, and return the subscription that has ended. The server ends them with the session.
  async end() {
    remove(KEY);
    const registration = await navigator.serviceWorker.getRegistration();
    const [subscription, shown] = [await this.#subscription(), (await registration?.getNotifications()) ?? []];
    shown.forEach((each) => each.close());
    await navigator.clearAppBadge?.();
    await subscription?.unsubscribe();
    return subscription;
  }

  #remember() {
    save(KEY, { person: this.#person, session: this.#session() });
  }

  async #subscription() {
    const registration = await navigator.serviceWorker.getRegistration();
    return (await registration?.pushManager.getSubscription()) ?? null;
  }

  // A subscription belongs to one key of a site.
  async #subscribe(key) {
    try {
      await navigator.serviceWorker.register(policy?.createScriptURL(WORKER) ?? WORKER);
      const { pushManager } = await navigator.serviceWorker.ready;
      const before = await pushManager.getSubscription();
      if (before && keyOf(before) === key) {
        return before;
      }
      await before?.unsubscribe();
      return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    } catch (error) {
      console.warn("The browser could not subscribe to push notifications.", error);
      throw new PushError("This browser can’t get notifications right now. Check its settings, or try another browser.");
    }
  }

  async #send(method, address, body) {
    const answer = await fetch(address, {
      method,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { "Content-Type": "application/json", "X-CSRFToken": await this.#token() },
    });
    if (!answer.ok) {
      const { error } = await answer.json().catch(() => ({}));
      throw new PushError(error?.detail ?? "Couldn’t save. Try again.");
    }
  }
}

function keyOf(subscription) {
  return encoded(subscription.options.applicationServerKey);
}

function keysOf(subscription) {
  const [p256dh, auth] = ["p256dh", "auth"].map((name) => encoded(subscription.getKey(name)));
  return { endpoint: subscription.endpoint, p256dh, auth };
}

// URL-safe Base64 without padding.
function encoded(buffer) {
  const text = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
