// Selects a range of sequence numbers to keep.

// Return the range [first, last) of `count` indexes in the sorted `seqs`, centred on `around` as far as possible.
export function rangeAround(seqs, around, count) {
  const found = seqs.findIndex((seq) => seq >= around);
  const middle = found < 0 ? seqs.length : found;
  const first = Math.max(0, Math.min(middle - Math.floor(count / 2), seqs.length - count));
  return [first, Math.min(seqs.length, first + count)];
}
