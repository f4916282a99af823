// How long to wait before the next attempt, in milliseconds: full jitter, so that a thousand clients that lost one
// server do not come back in the same instant.
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

export const SHORTEST_MS = 500;
export const LONGEST_MS = 30_000;

export function backoff(attempt, random = Math.random) {
  const ceiling = Math.min(LONGEST_MS, 2 * SHORTEST_MS * 2 ** Math.min(attempt, 16));
  return SHORTEST_MS + random() * (ceiling - SHORTEST_MS);
}
