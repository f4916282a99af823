// The delay before the next connection attempt, in milliseconds. Full jitter keeps clients that lost the same server
// from reconnecting at the same moment.
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

export const SHORTEST_MS = 500;
export const LONGEST_MS = 30_000;

export function backoff(attempt, random = Math.random) {
  const ceiling = Math.min(LONGEST_MS, 2 * SHORTEST_MS * 2 ** Math.min(attempt, 16));
  return SHORTEST_MS + random() * (ceiling - SHORTEST_MS);
}
