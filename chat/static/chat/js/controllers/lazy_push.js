// Keeps the push notifications of this browser with the session: renewed after a sign-in, ended by a sign-out. The code
// is loaded where someone has turned them on.

import { sessionMark } from "./session_mark.js";
import { load } from "../helpers/storage.js";

const KEY = "chat.push";
const END_MS = 2_000;

export class LazyPush {
  #person;
  #form;
  #csrfToken;
  #hasEnded = false;

  constructor(root, csrfToken) {
    this.#person = Number(root.querySelector("[data-account]").dataset.author);
    this.#form = root.getElementById("sign-out-form");
    this.#csrfToken = csrfToken;
  }

  connect() {
    this.#form.addEventListener("submit", (event) => this.#onSignOut(event));
    // From the service worker, when a notification was clicked.
    navigator.serviceWorker?.addEventListener("message", ({ data }) => data.navigate && location.assign(data.navigate));
    if (load(KEY)) {
      this.#use((device) => device.renew());
    }
  }

  // The browser ends its subscription first. The server ends it in any case.
  async #onSignOut(event) {
    if (this.#hasEnded || event.defaultPrevented || !load(KEY)) {
      return;
    }
    event.preventDefault();
    const tooLong = new Promise((resolve) => setTimeout(resolve, END_MS));
    await Promise.race([this.#use((device) => device.end()), tooLong]);
    this.#hasEnded = true;
    this.#form.requestSubmit();
  }

  async #use(act) {
    try {
      const { PushDevice } = await import("../models/push_device.js");
      await act(new PushDevice({ person: this.#person, token: () => this.#csrfToken.current(), session: sessionMark }));
    } catch (error) {
      console.warn("The push notifications could not be changed.", error);
    }
  }
}
