// Which part of a row of places to keep.

// `count` of the sorted places, as evenly as it goes around one of them: from the first index to before the last.
export function shareAround(places, around, count) {
  const found = places.findIndex((place) => place >= around);
  const middle = found < 0 ? places.length : found;
  const first = Math.max(0, Math.min(middle - Math.floor(count / 2), places.length - count));
  return [first, Math.min(places.length, first + count)];
}
