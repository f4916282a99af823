// The actions on a message: which are offered to the user, and how each is performed.

import { copy } from "./clipboard.js";
import { MessageView } from "./message_view.js";
import { isMember, onlyReacts } from "./standing.js";

// Actions that are offered under another name.
const OFFERED_AS = { quick: "react", mute: "moderate", ban: "moderate", cleanUp: "moderate" };

export class MessageActions {
  #page;
  #parts;
  #writing;

  // `parts`: { menu, picker, reactions, editors, deletion, composer, unreadMark, bookmarks, moderation, card, notices,
  // commands }.
  constructor(root, { page, ...parts }) {
    this.#page = page;
    this.#parts = parts;
    this.#writing = root.querySelector("[data-writing]");
  }

  connect() {
    this.#parts.menu.connect((article, name, button) => this.perform(article, name, button));
  }

  perform(article, name, anchor) {
    const view = new MessageView(article);
    if (name === "more" || this.#offers(view)[OFFERED_AS[name] ?? name]) {
      this.#does[name](view, anchor);
    }
  }

  #does = {
    more: (view, anchor) => this.#openMenu(view, anchor),
    quick: (view, button) => this.#parts.reactions.toggle(view, button.dataset.emoji),
    react: (view, anchor) => this.#pickReaction(view, anchor),
    reply: (view) => this.#parts.composer.replyTo(view),
    edit: (view) => this.#parts.editors.open(view),
    copyText: (view) => this.#copy(view.text, "Copied"),
    copyLink: (view) => this.#copy(addressOf(view.seq), "Link copied"),
    markUnread: (view) => this.#parts.unreadMark.set(view),
    save: (view) => this.#save(view, true),
    unsave: (view) => this.#save(view, false),
    showAuthor: (view) => this.#parts.card.open(authorOf(view), view.article.querySelector("[data-avatar]")),
    removePreview: (view) => this.#removePreviews(view),
    delete: (view) => this.#parts.deletion.ask(view),
    report: (view) => this.#parts.moderation.report(view),
    mute: (view) => this.#parts.moderation.about(authorOf(view), "mute"),
    ban: (view) => this.#parts.moderation.about(authorOf(view), "ban"),
    cleanUp: (view) => this.#parts.moderation.about(authorOf(view), "clean-up"),
  };

  #offers(view) {
    const isMine = view.authorId === String(this.#page.you.id);
    const isBelow = !isMine && this.#page.standing.role !== "member" && this.#parts.superiors.canModerate(view.authorId);
    const exists = !view.isDeleted;
    const canAnswer = !this.#writing.hidden && exists;
    return {
      react: canAnswer || (exists && onlyReacts(this.#page.standing)),
      reply: canAnswer,
      edit: canAnswer && isMine,
      delete: canAnswer && (isMine || isBelow),
      removePreview: exists && (isMine || isBelow) && view.previews.length > 0,
      copyText: exists && view.text !== "",
      copyLink: true,
      save: exists && !this.#parts.bookmarks.has(view.seq),
      unsave: this.#parts.bookmarks.has(view.seq),
      markUnread: isMember(this.#page.standing),
      showAuthor: Boolean(view.authorId),
      report: exists && !isMine && Boolean(view.authorId),
      moderate: isBelow && Boolean(view.authorId),
    };
  }

  #openMenu(view, anchor) {
    this.#parts.menu.open(view.article, anchor, this.#offers(view));
    this.#parts.superiors.load()?.then(() => this.#parts.menu.refresh(view.article, this.#offers(view)));
  }

  // A button in the menu is hidden by now. Place the picker at the message instead.
  #pickReaction(view, anchor) {
    const visible = anchor.checkVisibility() ? anchor : view.article.querySelector("[data-tools]");
    this.#parts.picker.open(visible, (emoji) => this.#parts.reactions.set(view, emoji, true), view.article);
  }

  async #save({ seq }, on) {
    try {
      await this.#parts.bookmarks.set(seq, on);
      this.#parts.notices.say(on ? "Saved" : "Removed from your saved messages");
    } catch (refusal) {
      this.#parts.notices.say(refusal.message);
    }
  }

  async #removePreviews({ seq, previews }) {
    try {
      await Promise.all(previews.map((url) => this.#parts.commands.removePreview(seq, url)));
      this.#parts.notices.say("Preview removed");
    } catch (refusal) {
      this.#parts.notices.say(refusal.message);
    }
  }

  async #copy(text, confirmation) {
    try {
      await copy(text);
      this.#parts.notices.say(confirmation);
    } catch {
      this.#parts.notices.say("Couldn’t copy. Your browser blocked it.");
    }
  }
}

function authorOf(view) {
  return { id: Number(view.authorId), name: view.authorName, ...view.authorLook };
}

function addressOf(seq) {
  return `${location.origin}${location.pathname}#${seq}`;
}
