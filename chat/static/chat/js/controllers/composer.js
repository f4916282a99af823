// The message box. Every message starts here: it is added to the outbox, which shows and sends it.

import { isComposing, submits } from "../helpers/keys.js";
import { readCommand } from "../helpers/slash_commands.js";
import { load, remove, save } from "../helpers/storage.js";
import { isBlank, lengthOf, tooLong, withDraft } from "../helpers/text.js";
import { autosize } from "./autosize.js";
import { ComposerTools } from "./composer_tools.js";
import { countDown } from "./countdown.js";
import { Formatting } from "./formatting.js";
import { LazyAttachments } from "./lazy_attachments.js";
import { replaceText } from "./text_edits.js";
import { Transfers } from "./transfers.js";

export class Composer {
  #root;
  #form;
  #text;
  #button;
  #counter;
  #note;
  #outbox;
  #typing;
  #scroller;
  #parts;
  #attachments;
  #limit;
  #draftKey;
  #isTouch = matchMedia("(pointer: coarse)");

  // `parts`: { replyBar, complete, editLast, picker, roomMention, csrfToken }.
  constructor(root, { outbox, typing, scroller, page, ...parts }) {
    this.#root = root;
    this.#form = root.querySelector("[data-composer]");
    this.#text = root.querySelector("[data-text]");
    this.#button = root.querySelector("[data-send]");
    this.#counter = root.querySelector("[data-counter]");
    this.#note = root.querySelector("[data-note-text]");
    this.#outbox = outbox;
    this.#typing = typing;
    this.#scroller = scroller;
    this.#parts = { page, ...parts };
    this.#limit = page.limits.body;
    this.#draftKey = `chat.draft.${page.you.id}.${page.slug}`;
  }

  // An archived room has no message box.
  connect() {
    if (!this.#form) {
      return;
    }
    this.#parts.complete(this.#text);
    this.#parts.replyBar.connect(() => this.#text.focus());
    this.#form.addEventListener("submit", (event) => this.#submit(event));
    this.#text.addEventListener("keydown", (event) => this.#press(event));
    this.#text.addEventListener("input", () => this.#written());
    this.#connectTools();
    this.#restoreDraft();
    if (!this.#isTouch.matches) {
      this.#text.focus({ preventScroll: true });
    }
  }

  #connectTools() {
    const formatting = new Formatting(this.#text).connect();
    const acts = { format: (name) => formatting.apply(name), pickEmoji: (button) => this.#pickEmoji(button) };
    new ComposerTools(this.#form, acts).connect();
    this.#connectAttachments();
  }

  #connectAttachments() {
    const { page, csrfToken } = this.#parts;
    const say = (sentence) => this.#say(sentence);
    const acts = { say, onChange: () => this.#offerSending(), focus: () => this.#text.focus() };
    this.#attachments = new LazyAttachments(this.#root, this.#form, { page, csrfToken, outbox: this.#outbox, ...acts });
    this.#attachments.connect();
    const attach = this.#attachments.isOffered ? (files) => this.#attachments.add(files) : null;
    new Transfers(this.#root, this.#text, { limit: this.#limit, say, attach }).connect();
  }

  // Keep what was typed while the page loaded.
  #restoreDraft() {
    const typed = this.#text.value;
    const whole = withDraft(load(this.#draftKey) ?? "", typed);
    if (whole !== typed) {
      this.#text.value = whole;
    }
    if (typed) {
      save(this.#draftKey, whole);
    }
    this.#fit();
  }

  replyTo(view) {
    this.#parts.replyBar.start(view);
    this.#text.focus();
  }

  #press(event) {
    if (submits(event, this.#isTouch.matches)) {
      event.preventDefault();
      this.#form.requestSubmit();
    } else if (event.key === "ArrowUp" && !event.altKey && this.#text.value === "" && !isComposing(event)) {
      event.preventDefault();
      this.#parts.editLast();
    } else if (event.key === "Escape" && this.#parts.replyBar.reply && !isComposing(event)) {
      event.stopPropagation();
      this.#parts.replyBar.clear();
    }
  }

  #submit(event) {
    event.preventDefault();
    if (this.#canSend) {
      this.#parts.roomMention.confirm(this.#text.value, () => this.#send());
    }
  }

  // The text field is emptied first, so that a second click can't send the message twice.
  #send(isReloaded = false) {
    // Files that were chosen just now belong to this message.
    if (this.#attachments.adding) {
      this.#attachments.adding.then((isAdded) => isAdded && this.#send());
      return;
    }
    if (!this.#canSend) {
      return;
    }
    const typed = isBlank(this.#text.value) ? "" : this.#text.value.trimEnd();
    const { roomCommands } = this.#parts;
    const { body, call, problem } = readCommand(typed, roomCommands.all);
    if (call) {
      this.#call(call);
    } else if (problem && !isReloaded) {
      this.#sendOrExplain(typed);
    } else if (problem) {
      this.#say(problem);
    } else {
      this.#post(body);
    }
  }

  // A bot may have registered the command since the page looked.
  async #sendOrExplain(typed) {
    await this.#parts.roomCommands.reload().catch((error) => console.warn("The commands could not be loaded.", error));
    if (this.#text.value.trimEnd() === typed) {
      this.#send(true);
    }
  }

  // The text comes back if the command is refused and nothing else was typed meanwhile.
  async #call({ name, words }) {
    const typed = this.#text.value;
    this.#text.value = "";
    this.#written();
    this.#text.focus();
    this.#say(`Calling /${name}…`);
    try {
      await this.#parts.commands.call(name, words);
      this.#say("");
    } catch (error) {
      this.#text.value ||= typed;
      this.#written();
      this.#say(error.message);
    }
  }

  #post(body) {
    const { reply } = this.#parts.replyBar;
    this.#text.value = "";
    this.#written();
    this.#parts.replyBar.clear();
    this.#outbox.add(body, reply, this.#attachments.take());
    this.#scroller.toEnd();
    this.#text.focus();
  }

  #pickEmoji(button) {
    const { selectionStart, selectionEnd } = this.#text;
    this.#parts.picker.open(button, (emoji) => replaceText(this.#text, selectionStart, selectionEnd, emoji));
  }

  #written() {
    this.#fit();
    if (this.#text.value) {
      save(this.#draftKey, this.#text.value);
      this.#typing.start();
    } else {
      remove(this.#draftKey);
      this.#typing.stop();
    }
  }

  get #canSend() {
    return (!isBlank(this.#text.value) || !this.#attachments.isEmpty) && this.#left >= 0;
  }

  get #left() {
    return this.#limit - lengthOf(this.#text.value.trimEnd());
  }

  #fit() {
    autosize(this.#text);
    countDown(this.#counter, this.#text.value.trimEnd(), this.#limit);
    this.#offerSending();
    this.#say(this.#problem);
  }

  #offerSending() {
    this.#button.disabled = !this.#canSend;
  }

  get #problem() {
    const invisible = this.#text.value.trim() && isBlank(this.#text.value) && "This message has only invisible characters.";
    return tooLong(this.#text.value.trimEnd(), this.#limit) || invisible || "";
  }

  // Show a sentence until the text changes. A screen reader reads one that is new, unlike the counter.
  #say(sentence) {
    if (this.#note.textContent !== sentence) {
      this.#note.textContent = sentence;
    }
  }
}
