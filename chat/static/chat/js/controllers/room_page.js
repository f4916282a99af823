// Creates and connects the models and controllers of the room page.

import { Commands } from "../models/commands.js";
import { History } from "../models/history.js";
import { Originals } from "../models/originals.js";
import { Outbox } from "../models/outbox.js";
import { Receipts } from "../models/receipts.js";
import { Roster } from "../models/roster.js";
import { Sender } from "../models/sender.js";
import { Socket } from "../models/socket.js";
import { Superiors } from "../models/superiors.js";
import { Timeline } from "../models/timeline.js";
import { Typing } from "../models/typing.js";
import { UnreadCounts } from "./unread_counts.js";
import { AuthorNames } from "./author_names.js";
import { CsrfToken } from "./csrf_token.js";
import { ConnectionBar } from "./connection_bar.js";
import { Edge } from "./edge.js";
import { FoldedMessages } from "./folded_messages.js";
import { MessageList } from "./message_list.js";
import { MessageParts } from "./message_parts.js";
import { MessageView } from "./message_view.js";
import { LazyMembership } from "./lazy_membership.js";
import { LazyModeration } from "./lazy_moderation.js";
import { LazyPersonCard } from "./lazy_person_card.js";
import { Notices } from "./notices.js";
import { PendingList } from "./pending_list.js";
import { PeopleList } from "./people_list.js";
import { Permalinks } from "./permalinks.js";
import { PresenceDots } from "./presence_dots.js";
import { AriaBusy } from "./aria_busy.js";
import { RoomDetails } from "./room_details.js";
import { Scroller } from "./scroller.js";
import { isMember, Standing } from "./standing.js";
import { TypingLine } from "./typing_line.js";

export class RoomPage {
  #root;
  #page;
  #socket;
  #timeline;
  #outbox;
  #roster;
  #receipts;
  #history;
  #commands;
  #originals;

  constructor(root) {
    this.#root = root;
    this.#page = JSON.parse(root.getElementById("page-data").textContent);
    this.#timeline = new Timeline({ ...this.#page, messages: MessageView.readAll(root) });
    this.#socket = new Socket(() => socketAddress(this.#page.slug, this.#timeline.cursor), {
      isInView: () => root.visibilityState === "visible",
      personId: this.#page.you.id,
    });
    this.#outbox = new Outbox({ personId: this.#page.you.id, slug: this.#page.slug });
    this.#roster = new Roster(this.#page.you.id);
    this.#receipts = new Receipts({
      socket: this.#socket,
      timeline: this.#timeline,
      read: this.#page.read,
      isMember: () => isMember(this.#page.standing),
    });
    const address = `/api/rooms/${encodeURIComponent(this.#page.slug)}/messages/`;
    this.#history = new History({ address, timeline: this.#timeline, socket: this.#socket });
    this.#originals = new Originals({ address, socket: this.#socket });
    this.#commands = new Commands(this.#socket);
    MessageView.reader = this.#page.you;
  }

  connect() {
    this.#listen();
    this.#show();
    this.#connectModels();
  }

  // These listeners come first: the others rely on the timeline having applied the frame.
  #listen() {
    const on = (type, act) => this.#socket.addEventListener(type, ({ detail }) => act(detail));
    on("changes", (frame) => {
      this.#timeline.apply(frame);
      frame.messages.forEach((message) => this.#roster.hasWritten(message.author?.id));
    });
    on("hello", (frame) => this.#roster.start(frame));
    on("people", (frame) => this.#roster.change(frame));
    on("typing", (frame) => this.#roster.setTyping(frame));
  }

  #show() {
    const root = this.#root;
    const timeline = this.#timeline;
    const history = this.#history;
    const receipts = this.#receipts;
    const notices = new Notices(root);
    const csrfToken = new CsrfToken(root);
    const scroller = new Scroller(root, { timeline, receipts, history });
    const pending = new PendingList(root, { outbox: this.#outbox, scroller, you: this.#page.you });
    const { read, you } = this.#page;
    const list = new MessageList(root, { timeline, scroller, pending, receipts, read, you });
    const typing = new Typing(this.#socket);
    new FoldedMessages(root, this.#page).connect();
    list.connect();
    pending.connect();
    scroller.connect();
    new AriaBusy(root, history).connect();
    new Permalinks(root, { history, timeline, scroller, notices }).connect();
    new Edge(root, "older", { history, timeline, scroller }).connect();
    new Edge(root, "newer", { history, timeline, scroller }).connect();
    const moderation = new LazyModeration(root, { page: this.#page, notices, csrfToken });
    const superiors = new Superiors({ page: this.#page, ask: () => moderation.superiors() });
    moderation.connect();
    const card = new LazyPersonCard(root, { page: this.#page, notices, moderation, superiors, csrfToken });
    const standing = new Standing(root, { socket: this.#socket, page: this.#page, notices, card });
    const membership = new LazyMembership(root, { page: this.#page, standing, notices, csrfToken });
    new PeopleList(root, { roster: this.#roster, you, api: () => membership.api(), notices }).connect();
    new TypingLine(root, this.#roster).connect();
    new UnreadCounts(root, { socket: this.#socket, page: this.#page, receipts, csrfToken }).connect();
    new PresenceDots(root, { socket: this.#socket, you }).connect();
    new AuthorNames(root, this.#roster).connect();
    new ConnectionBar(root, { socket: this.#socket, outbox: this.#outbox }).connect();
    standing.connect();
    membership.connect();
    card.connect();
    new RoomDetails(root, { socket: this.#socket }).connect();
    // After Standing, which takes the role from the frame.
    this.#socket.addEventListener("hello", () => superiors.load());
    this.#socket.addEventListener("standing", () => superiors.load());
    root.addEventListener("role", () => superiors.reload());
    new MessageParts(root, {
      page: this.#page,
      socket: this.#socket,
      timeline,
      roster: this.#roster,
      outbox: this.#outbox,
      receipts,
      commands: this.#commands,
      originals: this.#originals,
      typing,
      scroller,
      notices,
      moderation,
      superiors,
      card,
      csrfToken,
    }).connect();
  }

  #connectModels() {
    new Sender({ outbox: this.#outbox, socket: this.#socket, timeline: this.#timeline }).connect();
    this.#receipts.connect();
    this.#history.connect();
    this.#commands.connect();
    this.#originals.connect();
    this.#outbox.connect((clientId) => this.#timeline.postedAs(clientId, this.#page.you.id));
    this.#socket.connect();
  }
}

function socketAddress(slug, cursor) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const query = new URLSearchParams({ after: cursor });
  return `${scheme}//${location.host}/ws/chat/${encodeURIComponent(slug)}/?${query}`;
}
