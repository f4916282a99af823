// What keys mean where people write.

// What older browsers report for keys that an input method takes.
const KEY_OF_INPUT_METHOD = 229;

// Whether an input method has the key: what it means is between the two of them.
export function isComposing(event) {
  return event.isComposing || event.keyCode === KEY_OF_INPUT_METHOD;
}

// Enter, unless it breaks the line: with Shift or Alt, and by touch. With Ctrl or Cmd it never does.
export function submits(event, isTouch) {
  if (event.key !== "Enter" || isComposing(event)) {
    return false;
  }
  return event.ctrlKey || event.metaKey || !(event.shiftKey || event.altKey || isTouch);
}
