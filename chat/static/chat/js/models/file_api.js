// The API of files. Uploads follow tus 1.0 (core, creation, expiration, termination): https://tus.io.

const ADDRESS = "/api/files/";
const VERSION = "1.0.0";
const TIMEOUT_MS = 60_000;
const NO_ANSWER = "No connection.";
// The request may succeed later: 409 means that the upload is at another offset.
const TEMPORARY = [408, 409, 425, 429, 500, 502, 503, 504];
const GONE = [404, 410];

// A request that failed. The message is for the user. `isTemporary` means that a repeat may succeed, after `retryMs` if
// the server said when. `isGone` means that the server doesn't know the upload any more.
export class FileRefusal extends Error {
  constructor(detail, { status = 0, retryMs = null, cause } = {}) {
    super(detail, { cause });
    this.isTemporary = status === 0 || TEMPORARY.includes(status);
    this.isGone = GONE.includes(status);
    this.retryMs = retryMs;
  }
}

export class FileApi {
  #token;

  // `token` returns a promise of Django's CSRF token.
  constructor(token) {
    this.#token = token;
  }

  // Begin an upload. Return its key.
  async create({ name, size, alt }) {
    const told = { filename: name, ...(alt && { alt }) };
    const metadata = Object.entries(told).map(([field, value]) => `${field} ${base64(value)}`).join();
    const headers = { "Upload-Length": String(size), "Upload-Metadata": metadata };
    const answer = await this.#ask("POST", ADDRESS, { headers });
    return answer.headers.get("Location").split("/").at(-2);
  }

  // Return how many bytes have arrived.
  async offset(key, signal) {
    return offsetIn(await this.#ask("HEAD", `${ADDRESS}${key}/`, { signal }));
  }

  // Add the bytes at an offset. Return the next offset.
  async add(key, offset, bytes, signal) {
    const headers = { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
    return offsetIn(await this.#ask("PATCH", `${ADDRESS}${key}/`, { headers, body: bytes, signal }));
  }

  // Remove a file that is in no message.
  async remove(key) {
    await this.#ask("DELETE", `${ADDRESS}${key}/`, {});
  }

  async describe(key, alt) {
    const headers = { "Content-Type": "application/json" };
    await this.#ask("PUT", `${ADDRESS}${key}/`, { headers, body: JSON.stringify({ alt }) });
  }

  async #ask(method, address, { headers = {}, body, signal }) {
    const token = await this.#token();
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    let answer;
    try {
      answer = await fetch(address, {
        method,
        body,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        headers: { Accept: "application/json", "X-CSRFToken": token, "Tus-Resumable": VERSION, ...headers },
      });
    } catch (error) {
      throw new FileRefusal(NO_ANSWER, { cause: error });
    }
    if (!answer.ok) {
      throw await refusalIn(answer);
    }
    return answer;
  }
}

async function refusalIn(answer) {
  const { error } = await answer.json().catch(() => ({}));
  const seconds = Number(answer.headers.get("Retry-After") || NaN);
  const detail = error?.detail ?? `The server answered ${answer.status}.`;
  return new FileRefusal(detail, { status: answer.status, retryMs: seconds >= 0 ? seconds * 1000 : null });
}

function offsetIn(answer) {
  return Number(answer.headers.get("Upload-Offset"));
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
