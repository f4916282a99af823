// Creates and connects the controllers of messages and of the message box.

import { EVERYONE } from "../helpers/mentions.js";
import { Bookmarks } from "../models/bookmarks.js";
import { EmojiNames } from "../models/emoji_names.js";
import { RoomCommands } from "../models/room_commands.js";
import { CodeBlocks } from "./code_blocks.js";
import { LazyCompletion } from "./lazy_completion.js";
import { Composer } from "./composer.js";
import { Deletion } from "./deletion.js";
import { Editors } from "./editors.js";
import { MessageActions } from "./message_actions.js";
import { MessageMenu } from "./message_menu.js";
import { MessageTools } from "./message_tools.js";
import { MessageView } from "./message_view.js";
import { LazyEmojiPicker } from "./lazy_emoji_picker.js";
import { OutsideNote } from "./outside_note.js";
import { PrivateAnswers } from "./private_answers.js";
import { Quotes } from "./quotes.js";
import { Reactions } from "./reactions.js";
import { ReplyBar } from "./reply_bar.js";
import { RoomMention } from "./room_mention.js";
import { SelectionCopy } from "./selection_copy.js";
import { UnreadMark } from "./unread_mark.js";

export class MessageParts {
  #root;
  #page;
  #models;
  #emoji;
  #roomCommands;

  // `models`: { socket, timeline, roster, outbox, typing, receipts, commands, originals, scroller, notices, moderation,
  // superiors, card, csrfToken }.
  constructor(root, { page, ...models }) {
    this.#root = root;
    this.#page = page;
    this.#models = models;
    this.#emoji = new EmojiNames({ address: page.emoji, personId: page.you.id });
    this.#roomCommands = new RoomCommands(page.slug);
  }

  connect() {
    const shared = { ...this.#models, page: this.#page, you: this.#page.you };
    const complete = (text) => this.#complete(text);
    const picker = new LazyEmojiPicker(this.#root, { names: this.#emoji, ...shared });
    const { moderation } = shared;
    const deletion = new Deletion(this.#root, shared);
    const roomMention = new RoomMention(this.#root, shared);
    const editors = new Editors(this.#root, { ...shared, deletion, complete, roomMention });
    const reactions = new Reactions(this.#root, shared);
    const replyBar = new ReplyBar(this.#root, this.#page);
    const composer = new Composer(this.#root, {
      ...shared, replyBar, picker, roomMention, editLast: () => this.#editLast(editors),
      complete: (text) => this.#complete(text, { commands: this.#roomCommands }), roomCommands: this.#roomCommands,
    });
    const { slug, saved } = this.#page;
    const bookmarks = new Bookmarks({ ...shared, slug, saved });
    const actions = new MessageActions(this.#root, {
      ...shared, menu: new MessageMenu(this.#root), picker, reactions, editors, deletion, composer,
      unreadMark: new UnreadMark(shared), bookmarks, moderation,
    });
    const quotes = new Quotes(this.#root, shared);
    const tools = new MessageTools(this.#root, { actions });
    const answers = new PrivateAnswers(this.#root, shared);
    const mentioning = [roomMention, new OutsideNote(this.#root, shared)];
    const copying = [new CodeBlocks(this.#root, shared), new SelectionCopy(this.#root)];
    [composer, actions, deletion, reactions, quotes, tools, bookmarks, answers, ...mentioning, ...copying].forEach((it) => it.connect());
  }

  #complete(text, more = {}) {
    const sources = { people: () => this.#peopleToMention(), emoji: this.#emoji, ...more };
    return new LazyCompletion(this.#root, text, sources).connect();
  }

  #editLast(editors) {
    const mine = this.#root.querySelectorAll(`[data-log] > article[data-author="${this.#page.you.id}"][data-rev]:not([data-deleted], [data-state])`);
    const last = [...mine].at(-1);
    if (last) {
      last.scrollIntoView({ block: "nearest" });
      editors.open(new MessageView(last));
    }
  }

  // Recent authors first, then the people who are online, then the words for everyone. In a direct conversation every
  // message notifies the others, so there is no one to mention.
  #peopleToMention() {
    if (this.#page.standing.visibility === "direct") {
      return [];
    }
    const { timeline, roster } = this.#models;
    const authors = timeline.all().reverse().map(({ author }) => author);
    const known = new Map([...authors, ...roster.people].filter(Boolean).map((person) => [person.id, person]));
    known.delete(this.#page.you.id);
    return [...known.values(), ...(this.#page.standing.room_mentions ? EVERYONE : [])];
  }
}
