// Places a popover beside the element that opened it. On small or touch screens CSS makes it a sheet at the bottom.

const SHEET = matchMedia("(max-width: 30rem), (pointer: coarse)");
const GAP_PX = 6;
const EDGE_PX = 8;

// Place below the anchor, or above it if there is no room. Right edges are aligned, or left ones with `edge` "left".
export function placeBeside(popover, anchor, edge = "right") {
  if (SHEET.matches) {
    popover.style.left = popover.style.top = "";
    return;
  }
  const { width, height } = popover.getBoundingClientRect();
  const { top, bottom, left, right } = anchor.getBoundingClientRect();
  const fitsBelow = bottom + GAP_PX + height <= innerHeight - EDGE_PX;
  const wanted = fitsBelow ? bottom + GAP_PX : top - GAP_PX - height;
  popover.style.top = `${within(wanted, innerHeight - height)}px`;
  popover.style.left = `${within(edge === "left" ? left : right - width, innerWidth - width)}px`;
}

// Place above a field, no wider than the field.
export function placeAbove(popover, field) {
  const { top, left, width } = field.getBoundingClientRect();
  popover.style.maxWidth = `${Math.max(width, 224)}px`;
  const size = popover.getBoundingClientRect();
  popover.style.top = `${within(top - GAP_PX - size.height, innerHeight - size.height)}px`;
  popover.style.left = `${within(left, innerWidth - size.width)}px`;
}

function within(wanted, most) {
  return Math.max(EDGE_PX, Math.min(wanted, most - EDGE_PX));
}
