// The files of the message box, and the progress of files of messages that wait for them.

import { FileApi } from "../models/file_api.js";
import { KeptBlobs } from "../models/kept_blobs.js";
import { Uploads } from "../models/uploads.js";
import { spokenSize } from "../helpers/sizes.js";
import { isolated, plural } from "../helpers/text.js";
import { Chips } from "./chips.js";
import { canvases } from "./file_list.js";
import { drawThumbnail } from "./thumbnail.js";
import { progressOf } from "../helpers/upload_progress.js";

export class Attachments {
  #uploads;
  #chips;
  #outbox;
  #parts;
  #field;
  #wanted = null;
  #connecting = null;

  // `parts`: { page, prefix, outbox, csrfToken, say, onChange, focus }.
  constructor(root, form, parts) {
    const { page, prefix, outbox, csrfToken } = parts;
    const api = new FileApi(() => csrfToken.current());
    this.#uploads = new Uploads({ prefix, outbox, api, blobs: new KeptBlobs(), mostBytes: page.file_bytes });
    this.#chips = new Chips(root, form, { uploads: this.#uploads, ask: (id) => this.#ask(id), ...parts });
    this.#field = form.querySelector("[data-again-field]");
    this.#outbox = outbox;
    this.#parts = parts;
  }

  connect() {
    this.#connecting ??= this.#connect();
    return this.#connecting;
  }

  get isEmpty() {
    return this.#uploads.draft.length === 0;
  }

  add(files) {
    const problems = files.map((file) => this.#uploads.add(file)).filter(Boolean);
    const added = files.length - problems.length;
    const [first] = files;
    const what = added === 1 ? `${isolated(first.name)}, ${spokenSize(first.size)}` : plural(added, "file");
    this.#parts.say([added > 0 ? `Uploading ${what}.` : "", ...new Set(problems)].join(" ").trim());
    this.#parts.focus();
  }

  // The files are those of the message as soon as it is in the outbox.
  take() {
    return this.#uploads.claim();
  }

  async #connect() {
    this.#uploads.addEventListener("changed", ({ detail }) => this.#onChanged(detail));
    this.#uploads.addEventListener("removed", ({ detail }) => canvases.delete(detail.id));
    this.#uploads.addEventListener("wanted", ({ detail }) => this.#ask(detail.id));
    this.#field.addEventListener("change", () => this.#chosenAgain());
    this.#chips.connect();
    await this.#uploads.connect();
    return this;
  }

  #onChanged(file) {
    const { id, key, blob, kind, clientId } = file;
    if (kind === "image" && blob && !canvases.has(id)) {
      canvases.set(id, null);
      this.#draw(file);
    }
    if (key && canvases.get(id)) {
      canvases.set(key, canvases.get(id));
    }
    const entry = clientId && this.#outbox.get(clientId);
    if (entry) {
      this.#outbox.note(clientId, entry.files.map((one) => (one.id === id ? { ...one, note: progressOf(file) } : one)));
    }
  }

  async #draw({ id, blob }) {
    const drawn = await drawThumbnail(blob);
    if (drawn && this.#uploads.get(id)) {
      canvases.set(id, drawn.canvas);
      this.#uploads.measured(id, drawn.width, drawn.height);
    }
  }

  // A browser opens the dialog only after an action of the user.
  #ask(id) {
    this.#wanted = id;
    if (navigator.userActivation?.isActive !== false) {
      this.#field.click();
    }
  }

  #chosenAgain() {
    const [blob] = this.#field.files;
    const { clientId } = this.#uploads.get(this.#wanted) ?? {};
    this.#field.value = "";
    if (blob && clientId !== undefined) {
      const problem = this.#uploads.retry(this.#wanted, blob);
      this.#parts.say(problem);
      if (clientId && !problem) {
        this.#outbox.retry(clientId);
      }
    }
  }
}
