// Keyboard rules of text fields.

// The key code that older browsers report for keys handled by an input method (IME).
const KEY_OF_INPUT_METHOD = 229;

// Return whether an input method handles the key.
export function isComposing(event) {
  return event.isComposing || event.keyCode === KEY_OF_INPUT_METHOD;
}

// Return whether a key press submits: Enter without Shift or Alt, not on touch screens; Ctrl or Cmd with Enter always.
export function submits(event, isTouch) {
  if (event.key !== "Enter" || isComposing(event)) {
    return false;
  }
  return event.ctrlKey || event.metaKey || !(event.shiftKey || event.altKey || isTouch);
}
