// Scrolls to the first unread message, or to the end, before the first paint. A module would run too late.
// A URL with a fragment is left alone.

if (!location.hash) {
  const box = document.querySelector("[data-scroll]");
  box.scrollTop = box.scrollHeight;
  box.querySelector(".unread")?.scrollIntoView({ block: "start" });
}
