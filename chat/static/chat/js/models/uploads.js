// The files that the user attaches in a room: those of the message being written, and those of messages that wait for
// their uploads. They survive a reload. The states of a file are "waiting" (for its turn, or for the connection),
// "uploading", "done", "failed" (with a `detail`) and "missing" (the browser has lost its contents, and the user has to
// choose it again). The events "changed", "removed" and "wanted" (a message waits for it to be chosen again) carry one
// file.

import { isUploading } from "./outbox.js";
import { Upload } from "./upload.js";
import { keysUnder, load, remove, save } from "../helpers/storage.js";
import { shortSize } from "../helpers/sizes.js";
import { uuid } from "../helpers/uuid.js";

const AT_ONCE = 3;
export const MOST_FILES = 10;
const PICTURES = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"];
const LOST = "The browser no longer has its files. Discard it, and attach them again.";
// What is kept in local storage.
const KEPT = ["id", "key", "name", "size", "type", "kind", "alt", "width", "height", "at", "clientId", "isDone"];

export class Uploads extends EventTarget {
  #prefix;
  #outbox;
  #api;
  #blobs;
  #mostBytes;
  #files = new Map();
  #running = new Map();
  // The messages that failed because of a file, by client id. Their author may try again.
  #failed = new Set();

  // `prefix`: of the keys in local storage.
  constructor({ prefix, outbox, api, blobs, mostBytes }) {
    super();
    this.#prefix = prefix;
    this.#outbox = outbox;
    this.#api = api;
    this.#blobs = blobs;
    this.#mostBytes = mostBytes;
  }

  async connect() {
    this.#outbox.addEventListener("added", ({ detail }) => this.#onEntry(detail));
    this.#outbox.addEventListener("changed", ({ detail }) => this.#onEntry(detail));
    this.#outbox.addEventListener("removed", ({ detail }) => this.#onRemoved(detail));
    globalThis.addEventListener?.("storage", (event) => this.#onStorage(event));
    await this.#blobs.forgetOld();
    const kept = keysUnder(this.#prefix).map((key) => load(key)).filter(Boolean);
    await Promise.all(kept.sort((one, other) => one.at - other.at).map((file) => this.#restore(file)));
    this.#outbox.entries.forEach((entry) => this.#onEntry(entry));
    this.#startNext();
  }

  // The files of the message that is being written.
  get draft() {
    return this.of("");
  }

  get(id) {
    return this.#files.get(id);
  }

  of(clientId) {
    return [...this.#files.values()].filter((file) => file.clientId === clientId);
  }

  // Begin to upload a file. Return a sentence if that is not possible, or an empty string.
  add(blob) {
    const name = blob.name || "file";
    const problem = this.#problemOf(name, blob.size);
    if (!problem) {
      const at = Math.max(Date.now(), ...[...this.#files.values()].map((file) => file.at + 1));
      const basic = { id: uuid(), key: "", name, size: blob.size, type: blob.type, kind: kindOf(blob.type), alt: "" };
      const file = { ...basic, at, clientId: "", isDone: false, offset: 0, state: "waiting", blob };
      this.#put(file);
      this.#keep(file.id);
      this.#blobs.keep(file.id, blob);
      this.#startNext();
    }
    return problem;
  }

  #problemOf(name, size) {
    if (this.draft.length >= MOST_FILES) {
      return `A message can have at most ${MOST_FILES} files.`;
    }
    if (!size) {
      return `“${name}” is empty.`;
    }
    const isTooLarge = size > this.#mostBytes;
    return isTooLarge ? `“${name}” is too large. A file can have at most ${shortSize(this.#mostBytes)}.` : "";
  }

  // Take the files of the message that is being written for a new entry of the outbox.
  claim() {
    return this.draft.map(({ id, name, size, kind, width, height }) => ({ id, name, size, kind, width, height }));
  }

  // Stop the upload of a file and remove it, here and on the server.
  cancel(id) {
    const file = this.#forget(id);
    if (file?.key) {
      // The server removes unused files later in any case.
      this.#api.remove(file.key).catch((error) => console.warn("The file could not be removed.", error));
    }
  }

  // Upload a file again that failed. Its contents may be given again.
  retry(id, blob = null) {
    const file = this.#files.get(id);
    if (blob && (blob.name !== file.name || blob.size !== file.size)) {
      return `That is another file. Choose “${file.name}” with ${shortSize(file.size)}.`;
    }
    if (blob) {
      this.#blobs.keep(id, blob);
    }
    this.#update(id, { state: "waiting", blob: blob ?? file.blob, detail: undefined });
    this.#startNext();
    return "";
  }

  async describe(id, alt) {
    this.#update(id, { alt });
    this.#keep(id);
    const { key } = this.#files.get(id) ?? {};
    if (key) {
      await this.#api.describe(key, alt);
    }
  }

  measured(id, width, height) {
    this.#update(id, { width, height });
    this.#keep(id);
  }

  async #restore(kept) {
    const blob = kept.isDone ? null : await this.#blobs.get(kept.id);
    const state = kept.isDone ? "done" : blob ? "waiting" : "missing";
    this.#put({ ...kept, blob, state, offset: kept.isDone ? kept.size : 0 });
  }

  // Take over the files of a message, and upload them again if the user tries it again.
  #onEntry(entry) {
    const { client_id: clientId, state } = entry;
    if (state === "sent") {
      this.of(clientId).forEach(({ id }) => this.#forget(id));
    }
    if (state !== "waiting" || !isUploading(entry)) {
      return;
    }
    entry.files.map(({ id }) => this.#files.get(id)).filter((file) => file && file.clientId !== clientId).forEach(({ id }) => {
      this.#update(id, { clientId });
      this.#keep(id);
    });
    if (this.#failed.delete(clientId)) {
      this.of(clientId).filter((file) => file.state === "failed").forEach(({ id }) => this.retry(id));
    }
    this.#settle(clientId);
  }

  // The message was received, or its author has discarded it.
  #onRemoved(entry) {
    const isDiscarded = entry.state === "failed" || (entry.state === "waiting" && isUploading(entry));
    this.of(entry.client_id).forEach(({ id }) => (isDiscarded ? this.cancel(id) : this.#forget(id)));
  }

  // Another tab has uploaded, sent or removed a file.
  #onStorage({ key, newValue }) {
    const file = key?.startsWith(this.#prefix) && this.#files.get(key.slice(this.#prefix.length));
    if (file && newValue === null) {
      this.#forget(file.id);
    } else if (file) {
      const { clientId, alt, key: fileKey, isDone } = JSON.parse(newValue);
      this.#update(file.id, { clientId, alt, key: fileKey, isDone });
    }
  }

  #startNext() {
    for (const file of this.#files.values()) {
      if (this.#running.size >= AT_ONCE) {
        return;
      }
      if (file.state === "waiting" && !this.#running.has(file.id)) {
        this.#start(file);
      }
    }
  }

  async #start({ id }) {
    const stop = new AbortController();
    this.#running.set(id, stop);
    this.#update(id, { state: "uploading", problem: "" });
    const outcome = await inOneTab(id, () => this.#upload(id, stop.signal));
    if (this.#running.get(id) === stop) {
      this.#running.delete(id);
      this.#finish(id, outcome);
    }
    this.#startNext();
  }

  // Return how the upload has ended. Another tab may have finished it.
  async #upload(id, signal) {
    const file = this.#files.get(id);
    if (signal.aborted || file.isDone) {
      return { state: "done" };
    }
    const onChange = ({ key, offset, problem }) => this.#onProgress(id, { key, offset, problem });
    try {
      await new Upload({ file, blob: file.blob, api: this.#api, signal, onChange }).run();
      await this.#describeLate(id, file.alt);
      return { state: "done", isDone: true, blob: null };
    } catch (error) {
      return { state: "failed", detail: error.message };
    }
  }

  // The description may have been written before the server knew the file.
  async #describeLate(id, told) {
    const { key, alt = told } = this.#files.get(id) ?? {};
    if (alt !== told) {
      await this.#api.describe(key, alt).catch((error) => console.warn("The description could not be saved.", error));
    }
  }

  #onProgress(id, { key, offset, problem }) {
    const isNew = this.#files.get(id)?.key !== key;
    this.#update(id, { key, offset, problem });
    if (isNew) {
      this.#keep(id);
    }
  }

  #finish(id, outcome) {
    this.#update(id, outcome);
    this.#keep(id);
    if (outcome.isDone) {
      this.#blobs.forget(id);
    }
    this.#settle(this.#files.get(id).clientId);
  }

  // Let the message go on if all of its files are there, or fail if one can't be.
  #settle(clientId) {
    const entry = clientId && this.#outbox.get(clientId);
    if (!entry || entry.state !== "waiting" || !isUploading(entry)) {
      return;
    }
    const files = entry.files.map(({ id }) => this.#files.get(id));
    const problem = files.map(problemOf).find(Boolean);
    if (problem) {
      files.filter((file) => file?.state === "missing").slice(0, 1).forEach((file) => this.#emit("wanted", file));
      this.#failed.add(clientId);
      this.#outbox.markFailed(clientId, problem);
    } else if (files.every((file) => file.isDone)) {
      this.#outbox.attach(clientId, files.map(({ key }) => key));
    }
  }

  #put(file) {
    this.#files.set(file.id, file);
    this.#emit("changed", file);
  }

  #emit(type, file) {
    this.dispatchEvent(new CustomEvent(type, { detail: file }));
  }

  #update(id, changes) {
    const file = this.#files.get(id);
    if (file) {
      this.#put({ ...file, ...changes });
    }
  }

  #keep(id) {
    const file = this.#files.get(id);
    if (file) {
      save(this.#prefix + id, Object.fromEntries(KEPT.map((name) => [name, file[name]])));
    }
  }

  #forget(id) {
    const file = this.#files.get(id);
    if (file) {
      this.#running.get(id)?.abort();
      this.#running.delete(id);
      this.#files.delete(id);
      remove(this.#prefix + id);
      this.#blobs.forget(id);
      this.#emit("removed", file);
      this.#startNext();
    }
    return file;
  }
}

// Return why a message can't be sent with this file, or an empty string.
function problemOf(file) {
  if (!file) {
    return LOST;
  }
  const sentences = { missing: `Choose “${file.name}” again to go on with its upload.`, failed: `“${file.name}”: ${file.detail}` };
  return sentences[file.state] ?? "";
}

function kindOf(type) {
  const [main] = type.split("/");
  return PICTURES.includes(type) ? "image" : ["audio", "video"].includes(main) ? main : "file";
}

// Tabs of the same room know the same files. Only one of them uploads each, and another goes on when that is closed.
async function inOneTab(id, act) {
  const { locks } = globalThis.navigator ?? {};
  return locks ? locks.request(`chat.upload.${id}`, act) : act();
}
