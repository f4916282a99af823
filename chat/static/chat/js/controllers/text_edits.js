// Changes a part of a text field as if it were typed, so that undo knows the change and what was typed before it.

export function replaceText(field, start, end, text) {
  field.focus({ preventScroll: true });
  field.setSelectionRange(start, end);
  if (start === end && !text) {
    return;
  }
  // Deprecated, but the only way to the undo history. Browsers report the change by an "input" event.
  const isDone = field.ownerDocument.execCommand(text ? "insertText" : "delete", false, text);
  if (!isDone) {
    field.setRangeText(text, start, end, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
