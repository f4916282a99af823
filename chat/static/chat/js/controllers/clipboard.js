// Copies text, also on plain HTTP pages, where the Clipboard API doesn't exist.

export async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
  } else if (!copySelected(text)) {
    throw new Error("Couldn’t copy. Your browser blocked it.");
  }
}

function copySelected(text) {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  document.body.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  before?.focus({ preventScroll: true });
  return isDone;
}
