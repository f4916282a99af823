// Keyboard rules of text fields.

// The key code that older browsers report for keys handled by an input method (IME).
const KEY_OF_INPUT_METHOD = 229;

const isApple = /^(?:Mac|iP)/u.test(globalThis.navigator?.platform ?? "");

// Return whether the key of shortcuts is held, alone or with Shift: Cmd on a Mac, where Ctrl moves the caret, otherwise Ctrl.
export function holdsShortcutKey({ ctrlKey, metaKey, altKey }, onApple = isApple) {
  return !altKey && (onApple ? metaKey && !ctrlKey : ctrlKey && !metaKey);
}

// Return the name of a shortcut as on the user's keyboard.
export function shortcutName(name, onApple = isApple) {
  return onApple ? name.replace("Ctrl+", "⌘").replace("Shift+", "⇧") : name;
}

// Return whether a key press opens Activity: Alt and A, by its place, since Alt changes the letter on a Mac. There it is
// also how people type å, so it does nothing in a text field.
export function opensActivity({ code, altKey, ctrlKey, metaKey, shiftKey }, inTextField, onApple = isApple) {
  return code === "KeyA" && altKey && !ctrlKey && !metaKey && !shiftKey && !(onApple && inTextField);
}

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
