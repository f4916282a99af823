// Shows what is new, or else the end of the conversation, before the page is painted for the first time, unless its
// address leads elsewhere. The modules, which come later, go on from here.

if (!location.hash) {
  const box = document.querySelector("[data-scroll]");
  box.scrollTop = box.scrollHeight;
  box.querySelector(".unread")?.scrollIntoView({ block: "start" });
}
