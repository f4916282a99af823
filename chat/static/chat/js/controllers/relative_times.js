// Shows times as "5 minutes ago" and days as "Today", and keeps them up to date.

import { ago, dayName, fullTime } from "../helpers/dates.js";

const REFRESH_MS = 30_000;

export class RelativeTimes {
  #root;
  #timer = 0;

  constructor(root) {
    this.#root = root;
  }

  // The lines of days are added later.
  connect() {
    this.#show();
    this.#timer = setInterval(() => this.#show(), REFRESH_MS);
  }

  disconnect() {
    clearInterval(this.#timer);
  }

  #show() {
    for (const time of this.#root.querySelectorAll("time[data-ago]")) {
      const moment = new Date(time.dateTime);
      time.textContent = ago(moment);
      time.title = fullTime(moment);
    }
    this.#root.querySelectorAll("time[data-day]").forEach(nameDay);
  }
}

// Show the name of a day in its time element and in the label of its line.
export function nameDay(time) {
  const moment = new Date(time.dateTime);
  const name = dayName(moment);
  time.title = fullTime(moment);
  // A screen reader reads each change in the log.
  if (time.textContent !== name) {
    time.textContent = name;
    time.closest("[role=separator]").setAttribute("aria-label", name);
  }
}
