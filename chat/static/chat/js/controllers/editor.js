// The edit form of one message. If the message changes meanwhile, the form shows both texts and keeps the edit.

import { isComposing, submits } from "../helpers/keys.js";
import { isBlank, tooLong } from "../helpers/text.js";
import { autosize } from "./autosize.js";
import { countDown } from "./countdown.js";
import { Formatting } from "./formatting.js";
import { EditedFiles } from "./edited_files.js";
import { Transfers } from "./transfers.js";

const TOUCH = matchMedia("(pointer: coarse)");

export class Editor {
  #view;
  #message;
  #parts;
  #form;
  #text;
  #error;
  #onChange = ({ detail }) => detail.seq === this.#message.seq && this.#updateMessage(detail);
  #completion;
  #files;

  constructor(root, view, message, parts) {
    this.#view = view;
    this.#message = message;
    this.#parts = parts;
    this.#form = root.getElementById("edit-template").content.firstElementChild.cloneNode(true);
    this.#text = this.#part("text");
    this.#error = this.#part("error");
    this.#files = new EditedFiles(this.#part("files"), message.files ?? []);
  }

  connect() {
    this.#completion = this.#parts.complete(this.#text);
    new Formatting(this.#text).connect();
    this.#files.connect();
    new Transfers(null, this.#text, { limit: this.#parts.limit, say: (sentence) => this.#say(sentence) }).connect();
    this.#text.addEventListener("keydown", (event) => this.#press(event));
    this.#text.addEventListener("input", () => this.#written());
    this.#part("cancel").addEventListener("click", () => this.#close());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    this.#parts.originals.addEventListener("changed", this.#onChange);
    this.#text.value = this.#parts.text.load() ?? this.#message.body;
    this.#view.article.setAttribute("data-editing", "");
    this.#parts.scroller.keep(() => this.#view.article.append(this.#form));
    this.#fit();
    this.#text.focus();
    this.#text.setSelectionRange(this.#text.value.length, this.#text.value.length);
  }

  #press(event) {
    if (event.key === "Escape" && !isComposing(event)) {
      event.stopPropagation();
      this.#close();
    } else if (submits(event, TOUCH.matches)) {
      event.preventDefault();
      this.#form.requestSubmit();
    }
  }

  async #save() {
    const body = this.#text.value.trimEnd();
    if (body === this.#message.body && !this.#files.removed.length) {
      this.#close();
    } else if (isBlank(body) && !this.#files.kept.length) {
      this.#parts.deletion.ask(this.#view);
    } else if (tooLong(body, this.#parts.limit)) {
      this.#say(tooLong(body, this.#parts.limit));
    } else {
      await this.#parts.roomMention.confirm(body, () => this.#send(body), this.#message.body);
    }
  }

  async #send(body) {
    this.#part("save").disabled = true;
    try {
      const kept = this.#files.removed.length ? this.#files.kept : undefined;
      await this.#parts.commands.edit(this.#message.seq, isBlank(body) ? "" : body, this.#message.rev, kept);
      this.#close();
    } catch (refusal) {
      this.#part("save").disabled = false;
      await this.#refused(refusal, body);
    }
  }

  // A reaction changes the revision, too. Only a different text is a conflict.
  async #refused(refusal, body) {
    const current = refusal.code === "conflict" && (await this.#parts.originals.fresh(this.#message.seq).catch(() => null));
    if (!current) {
      this.#say(refusal.message);
    } else if (current.body === this.#message.body) {
      this.#message = current;
      await this.#send(body);
    } else {
      this.#updateMessage(current);
    }
  }

  #updateMessage(current) {
    const before = this.#message.body;
    this.#message = current;
    if (current.deleted) {
      this.#say("This message was deleted while you were editing it.");
    } else if (current.body !== before && current.body !== this.#text.value.trimEnd()) {
      this.#say("This message has changed since you started editing. Saving will overwrite:", current.body);
    }
  }

  #say(reason, theirs = "") {
    this.#parts.scroller.keep(() => {
      this.#part("reason").textContent = reason;
      this.#part("theirs").textContent = theirs;
      this.#part("theirs").hidden = !theirs;
      this.#error.hidden = false;
    });
  }

  #written() {
    this.#parts.text.keep(this.#text.value);
    this.#fit();
  }

  #fit() {
    this.#parts.scroller.keep(() => autosize(this.#text));
    countDown(this.#part("counter"), this.#text.value.trimEnd(), this.#parts.limit);
  }

  #close() {
    this.#parts.text.forget();
    this.#completion.disconnect();
    this.#parts.originals.removeEventListener("changed", this.#onChange);
    this.#view.article.removeAttribute("data-editing");
    this.#parts.scroller.keep(() => this.#form.remove());
    this.#returnFocus();
  }

  // The element that had the focus may be gone or hidden, such as a button that shows only on hover.
  #returnFocus() {
    const { returnTo } = this.#parts;
    returnTo.focus({ preventScroll: true });
    if (!returnTo.matches(":focus")) {
      this.#view.article.focus({ preventScroll: true });
    }
  }

  #part(name) {
    return this.#form.querySelector(`[data-edit-${name}]`);
  }
}
