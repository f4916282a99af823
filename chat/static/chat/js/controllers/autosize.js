// Resizes a text field to its content. CSS limits the height.

export function autosize(field) {
  field.style.height = "auto";
  // A field that isn't shown has no height. It then keeps that of its rows.
  field.style.height = field.scrollHeight ? `${field.scrollHeight}px` : "auto";
}
