// Before the first paint, for which a module would run too late: shows the times in the reader's time zone, as
// helpers/dates.js does, and scrolls to the first unread message or to the end. A URL with a fragment is left alone.

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
for (const time of document.querySelectorAll("time[data-time]")) {
  time.textContent = clock.format(new Date(time.dateTime));
}

if (!location.hash) {
  const box = document.querySelector("[data-scroll]");
  box.scrollTop = box.scrollHeight;
  box.querySelector(".unread")?.scrollIntoView({ block: "start" });
}
