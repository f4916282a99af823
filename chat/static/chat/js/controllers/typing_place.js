// Return whether a key pressed in this element is text input.

const NO_TEXT = ["button", "checkbox", "radio", "submit", "reset"];

export function isTyping(target) {
  const place = target.closest?.("input, textarea, select, [contenteditable]");
  return Boolean(place) && !NO_TEXT.includes(place.type);
}
