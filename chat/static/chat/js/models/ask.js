// Sends a request that changes something to the API. A refusal is thrown as an Error whose message is for the user.

const TIMEOUT_MS = 15_000;
const NO_ANSWER = "No connection. Try again when you’re back online.";

// `token` returns a promise of Django's CSRF token, which may reject with such an Error.
export async function ask(token, method, address, fields) {
  const answer = await send(await token(), method, address, fields);
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Error(content.error?.detail ?? NO_ANSWER);
  }
  return content;
}

async function send(token, method, address, fields) {
  try {
    return await fetch(address, {
      method,
      body: fields && JSON.stringify(fields),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    });
  } catch (error) {
    throw new Error(NO_ANSWER, { cause: error });
  }
}
