// The upload of one file, in pieces. After a break it asks for the offset and continues there, also with another worker.

import { backoff } from "../helpers/backoff.js";

export const LARGEST_PIECE = 960 * 1024;
const SMALLEST_PIECE = 64 * 1024;
const FIRST_PIECE = 256 * 1024;
// A piece takes about this long, so that the progress moves and a break costs little.
const QUICK_MS = 1_000;
const SLOW_MS = 4_000;
const LONGEST_PAUSE_MS = 15_000;
const UNREADABLE = "This file can’t be read any more. Attach it again.";

export class Upload {
  // The key of the file on the server, or an empty string before the upload has begun.
  key;
  // The bytes that have arrived.
  offset = 0;
  // Why the last request is repeated, or an empty string.
  problem = "";
  #file;
  #blob;
  #api;
  #onChange;
  #pieceBytes = FIRST_PIECE;
  #isOffsetKnown;
  #hasBegunAgain = false;
  #hasAdvanced = false;
  #retryMs = null;
  #signal;

  // `file`: { key, name, size, alt }. `signal` aborts it. `onChange` is called after each step.
  constructor({ file, blob, api, signal, onChange }) {
    this.#signal = signal;
    this.key = file.key;
    this.#file = file;
    this.#blob = blob;
    this.#api = api;
    this.#onChange = onChange;
    this.#isOffsetKnown = !file.key;
  }

  // Resolve when every byte has arrived, or the upload is aborted. Throws an Error whose message is for the user.
  async run() {
    for (let attempt = 0; !this.#signal.aborted && !(await this.#tryIt()); ) {
      attempt = this.#hasAdvanced ? 0 : attempt + 1;
      await this.#pause(this.#retryMs ?? backoff(attempt, { longest: LONGEST_PAUSE_MS }));
    }
  }

  // Return whether the upload is over.
  async #tryIt() {
    this.#hasAdvanced = false;
    try {
      await this.#advance();
      return true;
    } catch (error) {
      if (this.#signal.aborted) {
        return true;
      }
      if (error.isGone && !this.#hasBegunAgain) {
        this.#beginAgain();
      } else if (!error.isTemporary) {
        throw error;
      }
      this.#isOffsetKnown = !this.key;
      this.#retryMs = error.isGone ? 0 : error.retryMs;
      this.#pieceBytes = Math.max(SMALLEST_PIECE, this.#pieceBytes / 2);
      this.#tell(error.message);
      return false;
    }
  }

  async #advance() {
    const signal = this.#signal;
    if (!this.key) {
      await this.#create();
    } else if (!this.#isOffsetKnown) {
      this.offset = await this.#api.offset(this.key, signal);
      this.#tell("");
    }
    this.#isOffsetKnown = true;
    while (this.offset < this.#file.size) {
      await this.#sendPiece(signal);
    }
  }

  // This is not aborted: without the key, the upload could not be removed.
  async #create() {
    this.key = await this.#api.create(this.#file);
    if (this.#signal.aborted) {
      await this.#api.remove(this.key);
      this.#signal.throwIfAborted();
    }
    this.#tell("");
  }

  async #sendPiece(signal) {
    const piece = await this.#read(this.offset, this.offset + this.#pieceBytes);
    const begun = performance.now();
    this.offset = await this.#api.add(this.key, this.offset, piece, signal);
    this.#adapt(performance.now() - begun);
    this.#hasAdvanced = true;
    this.#tell("");
  }

  // A browser reports a file that was changed or deleted like a broken connection, unless it is read apart.
  async #read(start, end) {
    try {
      return await this.#blob.slice(start, end).arrayBuffer();
    } catch (error) {
      throw new Error(UNREADABLE, { cause: error });
    }
  }

  #adapt(tookMs) {
    if (tookMs < QUICK_MS) {
      this.#pieceBytes = Math.min(LARGEST_PIECE, this.#pieceBytes * 2);
    } else if (tookMs > SLOW_MS) {
      this.#pieceBytes = Math.max(SMALLEST_PIECE, this.#pieceBytes / 2);
    }
  }

  #beginAgain() {
    this.#hasBegunAgain = true;
    this.key = "";
    this.offset = 0;
  }

  // The connection may be back before the pause is over.
  #pause(ms) {
    return new Promise((resolve) => {
      const over = new AbortController();
      const wake = () => {
        clearTimeout(timer);
        over.abort();
        resolve();
      };
      const timer = setTimeout(wake, ms);
      globalThis.addEventListener?.("online", wake, { signal: over.signal });
      this.#signal.addEventListener("abort", wake, { signal: over.signal });
    });
  }

  #tell(problem) {
    this.problem = problem;
    this.#onChange(this);
  }
}
