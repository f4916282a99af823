// Scrolls to the first unread message, or to the end, before the first paint. A URL with a fragment is left alone.
// This is a classic script because modules run too late.

if (!location.hash) {
  const box = document.querySelector("[data-scroll]");
  box.scrollTop = box.scrollHeight;
  box.querySelector(".unread")?.scrollIntoView({ block: "start" });
}
