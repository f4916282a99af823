// Dates and times in the reader's time zone and locale.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const shortDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const near = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export function clockTime(moment) {
  return clock.format(moment);
}

export function fullTime(moment) {
  return full.format(moment);
}

export function longDate(moment) {
  return date.format(moment);
}

// Return the local calendar day as a number.
export function localDay(moment) {
  return Math.round(Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate()) / DAY_MS);
}

export function dayName(moment, now = new Date()) {
  const daysAgo = localDay(now) - localDay(moment);
  if (daysAgo === 0 || daysAgo === 1) {
    return daysAgo ? "Yesterday" : "Today";
  }
  return moment.getFullYear() === now.getFullYear() ? weekday.format(moment) : date.format(moment);
}

export function ago(moment, now = new Date()) {
  const passed = now - moment;
  if (passed < MINUTE_MS) {
    return "just now";
  }
  if (passed < HOUR_MS) {
    return near.format(-Math.floor(passed / MINUTE_MS), "minute");
  }
  if (passed < DAY_MS) {
    return near.format(-Math.floor(passed / HOUR_MS), "hour");
  }
  return passed < 7 * DAY_MS ? near.format(-Math.floor(passed / DAY_MS), "day") : shortDate.format(moment);
}
