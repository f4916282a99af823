// The delay before the next connection attempt, in milliseconds. Full jitter keeps clients that lost the same server
// from reconnecting at the same moment.
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

export const SHORTEST_MS = 500;
export const LONGEST_MS = 30_000;
// The longest while the page is in view, so that its reader is back within five seconds of the server. The attempts of
// 10,000 such pages are spread over this time: about 3,600 a second, less than in the second after a server crashes.
export const LONGEST_IN_VIEW_MS = 4_500;

export function backoff(attempt, { longest = LONGEST_MS, random = Math.random } = {}) {
  const ceiling = Math.min(longest, 2 * SHORTEST_MS * 2 ** Math.min(attempt, 16));
  return SHORTEST_MS + random() * (ceiling - SHORTEST_MS);
}
