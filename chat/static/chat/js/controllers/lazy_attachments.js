// The buttons that attach files to a message. The code of uploads is loaded on first use, or if uploads of an earlier
// page go on.

import { recordPrefix } from "../helpers/kept_files.js";
import { keysUnder } from "../helpers/storage.js";
import { isUploading } from "../models/outbox.js";

const NOT_LOADED = "Couldn’t load what uploads files. Try again when you’re back online.";

export class LazyAttachments {
  #root;
  #form;
  #parts;
  #prefix;
  #attachments = null;
  #adding = null;

  // `parts`: { page, outbox, csrfToken, say, onChange, focus }.
  constructor(root, form, parts) {
    this.#root = root;
    this.#form = form;
    this.#parts = parts;
    this.#prefix = recordPrefix(parts.page.you.id, parts.page.slug);
  }

  connect() {
    for (const field of this.#form.querySelectorAll("[data-file-field]")) {
      field.addEventListener("change", () => this.#choose(field));
    }
    this.#form.addEventListener("click", ({ target }) => this.#open(target.closest("[data-attach]")));
    // The outbox of an earlier page is restored later.
    queueMicrotask(() => this.#goOn());
  }

  // Whether files can be attached here.
  get isOffered() {
    return Boolean(this.#parts.page.file_bytes);
  }

  get isEmpty() {
    return this.#attachments === null || this.#attachments.isEmpty;
  }

  // While files are being added: resolves with whether they could be.
  get adding() {
    return this.#adding;
  }

  async add(files) {
    const adding = this.#add(files);
    this.#adding = adding;
    await adding;
    this.#adding = this.#adding === adding ? null : this.#adding;
  }

  // Take the files for a message that is sent.
  take() {
    return this.#attachments?.take() ?? [];
  }

  #open(button) {
    if (button) {
      this.#form.querySelector(`[data-file-field="${button.dataset.attach}"]`).click();
    }
  }

  async #choose(field) {
    const files = [...field.files];
    field.value = "";
    await this.add(files);
  }

  async #goOn() {
    const { outbox } = this.#parts;
    if (keysUnder(this.#prefix).length || outbox.entries.some(isUploading)) {
      await this.#load();
    }
  }

  async #add(files) {
    if (!this.#attachments) {
      this.#parts.say("Adding files…");
    }
    const attachments = await this.#load();
    attachments?.add(files);
    return attachments !== null;
  }

  async #load() {
    try {
      const { Attachments } = await import("./attachments.js");
      this.#attachments ??= new Attachments(this.#root, this.#form, { ...this.#parts, prefix: this.#prefix });
      return await this.#attachments.connect();
    } catch (error) {
      console.warn("Could not load uploads.", error);
      this.#parts.say(NOT_LOADED);
      return null;
    }
  }
}
