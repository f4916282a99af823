// One message on the page. The only module that inserts HTML, which the server has rendered and sanitized.

import { drawAvatar } from "../helpers/avatar.js";
import { clockTime, fullTime } from "../helpers/dates.js";
import { kindOf } from "../helpers/kinds.js";
import { plainText } from "../helpers/plain_text.js";
import { oneLine } from "../helpers/text.js";
import { isUploading } from "../models/outbox.js";
import { frameCode } from "./code_blocks.js";
import { drawFiles, fileNames } from "./file_list.js";
import { drawReactions, readReactions } from "./reaction_list.js";

// The Trusted Types policy for HTML that the server has rendered and sanitized.
const policy = globalThis.trustedTypes?.createPolicy("message", { createHTML: (html) => html });
const trusted = (html) => policy?.createHTML(html) ?? html;

export class MessageView {
  // The user who views the page. Their mentions are marked and their reactions are pressed.
  static reader = { id: 0 };
  // The ids of the people whom the user has blocked. Their messages are folded.
  static blocked = new Set();
  #article;

  constructor(article) {
    this.#article = article;
  }

  static create(root) {
    return new MessageView(root.importNode(root.getElementById("message-template").content.firstElementChild, true));
  }

  // Read the messages that the page was rendered with from their markup.
  static readAll(root) {
    return [...root.querySelectorAll("[data-log] > article")].map((article) => new MessageView(article).#read());
  }

  get article() {
    return this.#article;
  }

  get seq() {
    return Number(this.#article.dataset.seq);
  }

  get authorId() {
    return this.#article.dataset.author;
  }

  get moment() {
    return new Date(this.#part("time").dateTime);
  }

  get isReply() {
    return Boolean(this.#article.dataset.replyTo);
  }

  get isDeleted() {
    return "deleted" in this.#article.dataset;
  }

  get summary() {
    return this.isDeleted ? "A deleted message" : oneLine(this.#part("body").textContent) || oneLine(fileNames(this.#article));
  }

  get authorName() {
    return this.#part("author-name").textContent;
  }

  // The author's `color` and `avatar`, as the page shows them.
  get authorLook() {
    const { color, avatar } = this.#part("avatar").dataset;
    return { color, avatar };
  }

  get body() {
    return this.#part("body");
  }

  // The note in place of a deleted message.
  get goneNote() {
    return this.#part("gone");
  }

  // The text of the message without markup.
  get text() {
    return plainText(this.body);
  }

  // The addresses whose previews it shows.
  get previews() {
    return [...this.#article.querySelectorAll("[data-preview]")].map(({ dataset }) => dataset.preview);
  }

  get reactions() {
    return readReactions(this.#part("reactions"));
  }

  showMessage(message) {
    const { author, seq } = message;
    this.#identify({ ...message, author: author?.id });
    this.#showAuthor(author ?? { name: "Chat" });
    this.#showTime(new Date(message.created_at));
    this.#showBody(message.html);
    drawFiles(this.#article, this.#part("body"), seq, message);
    this.#part("permalink").setAttribute("href", `#${seq}`);
    this.#showReplyTo(message.reply_to);
    this.#part("body").hidden = message.deleted;
    this.#part("gone").hidden = !message.deleted;
    this.#part("edited").hidden = !message.edited_at || message.deleted;
    this.#part("failure").hidden = true;
    this.showReactions(message.reactions);
    this.fold();
  }

  // Hide what someone wrote whom the user has blocked, unless the user asked to see it.
  fold() {
    const article = this.#article;
    const isFolded = isBlocked(this.authorId) && !("unfolded" in article.dataset);
    if (isFolded === this.#isFolded) {
      return;
    }
    if (!this.#part("fold")) {
      const template = article.ownerDocument.getElementById("message-template").content;
      article.append(article.ownerDocument.importNode(template.querySelector("[data-fold]"), true));
    }
    article.toggleAttribute("data-folded", isFolded);
    this.#label(article.dataset.seq);
  }

  showEntry(entry, you) {
    Object.assign(this.#article.dataset, { clientId: entry.client_id, author: you.id, state: entry.state });
    this.#label(entry.client_id);
    this.#showAuthor(you);
    this.#showTime(new Date(entry.created_at));
    this.#part("body").textContent = entry.body;
    drawFiles(this.#article, this.#part("body"), entry.client_id, { files: (entry.files ?? []).map(pendingFile) });
    this.#article.dataset.replyTo = entry.reply?.seq ?? "";
    this.#showReplyTo(entry.reply?.seq ?? null);
    if (entry.reply) {
      this.showQuote({ authorName: entry.reply.author, summary: entry.reply.text });
    }
    this.#showFailure(entry);
  }

  // Show the time in the reader's time zone. The server renders UTC.
  localise() {
    this.#showTime(this.moment);
    decorate(this.#part("body"));
    this.#markMentions();
  }

  showReactions(reactions) {
    drawReactions(this.#part("reactions"), reactions, MessageView.reader.id);
  }

  showQuote(original) {
    const isHidden = isBlocked(original.authorId);
    this.#part("quote-author").textContent = isHidden ? "" : original.authorName;
    this.#part("quote-text").textContent = isHidden ? "Message from someone you blocked" : original.summary;
  }

  #read() {
    const { seq, rev, clientId, author, deleted } = this.#article.dataset;
    return {
      seq: Number(seq),
      rev: Number(rev),
      client_id: clientId,
      author: author ? { id: Number(author), name: this.authorName, ...this.authorLook } : null,
      created_at: this.#part("time").dateTime,
      deleted: deleted !== undefined,
    };
  }

  // A message that waits for its files can be cancelled.
  #showFailure(entry) {
    const hasFailed = entry.state === "failed";
    const waits = entry.state === "waiting" && isUploading(entry);
    this.#part("failure").hidden = !hasFailed && !waits;
    this.#part("failure-text").textContent = hasFailed ? `Not sent. ${entry.detail}` : "";
    this.#part("retry").hidden = !hasFailed;
    this.#part("discard").textContent = hasFailed ? "Discard" : "Cancel";
  }

  #identify({ seq, rev, client_id: clientId, author, reply_to: replyTo, deleted }) {
    const article = this.#article;
    Object.assign(article.dataset, { seq, rev, clientId, author: author ?? "", replyTo: replyTo ?? "" });
    article.id = String(seq);
    article.toggleAttribute("data-deleted", deleted);
    delete article.dataset.state;
    this.#label(seq);
  }

  get #isFolded() {
    return "folded" in this.#article.dataset;
  }

  // The name and description of a folded message are those of its note, because hidden text would be read out.
  #label(key) {
    this.#part("author-name").id = `author-${key}`;
    this.#part("kind").id = `kind-${key}`;
    this.#part("time").id = `time-${key}`;
    this.#part("body").id = `body-${key}`;
    this.#part("fold")?.setAttribute("id", `fold-${key}`);
    this.#part("files")?.setAttribute("id", `files-${key}`);
    this.#article.setAttribute("aria-labelledby", this.#isFolded ? `fold-${key}` : `author-${key} kind-${key} time-${key}`);
    this.#article.setAttribute("aria-describedby", this.#isFolded ? "" : `body-${key} files-${key}`);
  }

  #showAuthor({ id, name, guest, bot, color, avatar }) {
    const author = this.#part("author-name");
    author.textContent = name;
    // It opens the card of a person. The arrow keys and the menu of the message lead there, too.
    if (id) {
      author.setAttribute("role", "button");
      author.tabIndex = -1;
    }
    const kind = this.#part("kind");
    kind.textContent = kindOf({ guest, bot });
    kind.hidden = !kind.textContent;
    drawAvatar(this.#part("avatar"), { id, name, color, avatar });
  }

  #showTime(moment) {
    const time = this.#part("time");
    time.dateTime = moment.toISOString();
    time.textContent = clockTime(moment);
    time.title = fullTime(moment);
  }

  #showBody(html) {
    fill(this.#part("body"), html);
    this.#markMentions();
  }

  #markMentions() {
    const body = this.#part("body");
    const me = MessageView.reader.id;
    const everyone = this.authorId === String(me) ? "" : ', [data-mention="room"], [data-mention="here"]';
    const mine = body.querySelectorAll(`[data-mention="${me}"]${everyone}`);
    mine.forEach((mention) => mention.toggleAttribute("data-me", true));
    this.#article.toggleAttribute("data-mentions-me", mine.length > 0);
  }

  #showReplyTo(seq) {
    this.#part("quote").setAttribute("href", `#${seq ?? ""}`);
    this.#part("quote").hidden = seq === null;
  }

  #part(name) {
    return this.#article.querySelector(`[data-${name}]`);
  }
}

function pendingFile({ id, note = "Waiting…", ...file }) {
  return { ...file, key: id, note, state: "uploading" };
}

function isBlocked(authorId) {
  return MessageView.blocked.has(Number(authorId));
}

// Fill an element with HTML of the server's renderer.
export function fill(body, html) {
  body.innerHTML = trusted(html);
  decorate(body);
}

function decorate(body) {
  body.querySelectorAll("[data-mention]").forEach(offerCard);
  body.querySelectorAll("a[target]").forEach((link) => link.origin === location.origin && link.removeAttribute("target"));
  frameCode(body);
}

// Only a mention of one person has a number.
function offerCard(mention) {
  if (Number(mention.dataset.mention)) {
    mention.dataset.card = "";
    mention.setAttribute("role", "button");
    mention.tabIndex = 0;
  }
}
