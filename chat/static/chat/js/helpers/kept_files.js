// What the browser keeps about files that are being uploaded.

import { keysUnder, remove } from "./storage.js";

export const DATABASE = "chat-files";
const PREFIX = "chat.files.";

export function recordPrefix(personId, slug) {
  return `${PREFIX}${personId}.${slug}.`;
}

// Nothing of a file stays in the browser of someone who has signed out.
export function forgetFiles() {
  keysUnder(PREFIX).forEach(remove);
  globalThis.indexedDB?.deleteDatabase(DATABASE);
}
