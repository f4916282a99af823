// Sizes of files in words, and of pictures on the page. chat/text/sizes.py and templatetags/files.py do the same.

const UNITS = [["bytes", "bytes"], ["KB", "kilobytes"], ["MB", "megabytes"], ["GB", "gigabytes"]];
const STEP = 1024;
// In pixels of the page. A thumbnail has twice as many.
const WIDEST = 360;
const HIGHEST = 270;
const SMALLEST = 48;
// The shape of a picture whose size is not known.
const USUAL = [4, 3];

// "1.2 MB"
export function shortSize(bytes) {
  const [number, unit] = rounded(bytes);
  return `${number} ${UNITS[unit][0]}`;
}

// "1.2 megabytes"
export function spokenSize(bytes) {
  const [number, unit] = rounded(bytes);
  const name = UNITS[unit][1];
  return `${number} ${number === 1 ? name.slice(0, -1) : name}`;
}

// Return [width, height] of a picture in a message: as large as it is, or as there is room for.
export function shownSize(width, height) {
  const [wide, high] = width && height ? [width, height] : [USUAL[0] * WIDEST, USUAL[1] * WIDEST];
  const scale = Math.min(1, WIDEST / wide, HIGHEST / high);
  return [wide, high].map((length) => Math.max(SMALLEST, Math.floor(length * scale + 0.5)));
}

function rounded(bytes) {
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < UNITS.length - 1) {
    [value, unit] = [value / STEP, unit + 1];
  }
  return [unit && value < 10 ? Math.round(value * 10) / 10 : Math.round(value), unit];
}
