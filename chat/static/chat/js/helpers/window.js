// Selects a range of sequence numbers to keep.

// Return the range [first, last) of `count` indexes in the sorted `places`, centred on `around` as far as possible.
export function shareAround(places, around, count) {
  const found = places.findIndex((place) => place >= around);
  const middle = found < 0 ? places.length : found;
  const first = Math.max(0, Math.min(middle - Math.floor(count / 2), places.length - count));
  return [first, Math.min(places.length, first + count)];
}
