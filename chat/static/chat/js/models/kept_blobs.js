// The contents of files that are being uploaded, in the browser's database, so that an upload survives a reload. A
// browser may refuse to keep them. Then the user has to choose the file again.

import { DATABASE } from "../helpers/kept_files.js";

const STORE = "blobs";
const LARGEST_BYTES = 32 * 1024 * 1024;
// The server removes unfinished uploads by then.
const KEPT_MS = 24 * 60 * 60_000;

export class KeptBlobs {
  #opening = null;

  async keep(id, blob) {
    if (blob.size <= LARGEST_BYTES) {
      await this.#use("readwrite", (store) => store.put({ blob, at: Date.now() }, id));
    }
  }

  // Return a promise of the Blob, or of null.
  async get(id) {
    return (await this.#use("readonly", (store) => store.get(id)))?.blob ?? null;
  }

  async forget(id) {
    await this.#use("readwrite", (store) => store.delete(id));
  }

  async forgetOld() {
    await this.#use("readwrite", (store) => {
      store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
        if (cursor && cursor.value.at < Date.now() - KEPT_MS) {
          cursor.delete();
        }
        cursor?.continue();
      };
    });
  }

  async #use(mode, act) {
    try {
      const database = await (this.#opening ??= open());
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      });
      return request?.result;
    } catch (error) {
      this.#opening = null;
      console.warn("The browser doesn’t keep the contents of files.", error);
      return undefined;
    }
  }
}

function open() {
  return new Promise((resolve, reject) => {
    const request = globalThis.indexedDB.open(DATABASE);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      // A sign-out deletes the database, also from another tab.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
  });
}
