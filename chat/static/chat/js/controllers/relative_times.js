// Shows times as "5 minutes ago", and keeps them up to date.

import { ago, fullTime } from "../helpers/dates.js";

const REFRESH_MS = 30_000;

export class RelativeTimes {
  #times;
  #timer = 0;

  constructor(root) {
    this.#times = root.querySelectorAll("time[data-ago]");
  }

  connect() {
    this.#show();
    if (this.#times.length) {
      this.#timer = setInterval(() => this.#show(), REFRESH_MS);
    }
  }

  disconnect() {
    clearInterval(this.#timer);
  }

  #show() {
    for (const time of this.#times) {
      const moment = new Date(time.dateTime);
      time.textContent = ago(moment);
      time.title = fullTime(moment);
    }
  }
}
