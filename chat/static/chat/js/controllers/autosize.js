// Resizes a text field to its content. CSS limits the height.

export function autosize(field) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
