// Fetches JSON from the API.

const TIMEOUT_MS = 15_000;

// Throws an Error if the server refuses or doesn't answer in time, or if `signal` aborts the request.
export async function fetchJson(address, signal = null) {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch(address, {
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    headers: { Accept: "application/json" },
  });
  if (!answer.ok) {
    throw new Error(`The server answered ${answer.status}.`);
  }
  return answer.json();
}
