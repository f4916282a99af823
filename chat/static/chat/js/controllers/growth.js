// A text field grows with what is in it; the styles say how far.

export function grow(field) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
