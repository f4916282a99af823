// Scrolls to the first unread message or the end before the first paint, for which a module runs too late.

if (!location.hash) {
  const box = document.querySelector("[data-scroll]");
  box.scrollTop = box.scrollHeight;
  box.querySelector(".unread")?.scrollIntoView({ block: "start" });
}
