// The room page put together: the models, and the controllers that show them.

import { AlertOptions } from "../models/alert_options.js";
import { Alerts } from "../models/alerts.js";
import { History } from "../models/history.js";
import { Outbox } from "../models/outbox.js";
import { Receipts } from "../models/receipts.js";
import { RoomDirectory } from "../models/room_directory.js";
import { Roster } from "../models/roster.js";
import { Sender } from "../models/sender.js";
import { Socket } from "../models/socket.js";
import { Timeline } from "../models/timeline.js";
import { Typing } from "../models/typing.js";
import { Unread } from "../models/unread.js";
import { Attendance } from "./attendance.js";
import { AuthorNames } from "./author_names.js";
import { Composer } from "./composer.js";
import { ConnectionBar } from "./connection_bar.js";
import { Drawers } from "./drawers.js";
import { MessageList } from "./message_list.js";
import { MessageView } from "./message_view.js";
import { NotificationMenu } from "./notification_menu.js";
import { Notifier } from "./notifier.js";
import { OlderMessages } from "./older_messages.js";
import { PageTitle } from "./page_title.js";
import { PendingList } from "./pending_list.js";
import { PeopleList } from "./people_list.js";
import { Permalinks } from "./permalinks.js";
import { RoomList } from "./room_list.js";
import { Scroller } from "./scroller.js";
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
  #unread;

  constructor(root) {
    this.#root = root;
    this.#page = JSON.parse(root.getElementById("page-data").textContent);
    this.#timeline = new Timeline({ ...this.#page, messages: MessageView.readAll(root) });
    this.#socket = new Socket(() => socketAddress(this.#page.slug, this.#timeline.cursor));
    this.#outbox = new Outbox({ personId: this.#page.you.id, slug: this.#page.slug });
    this.#roster = new Roster(this.#page.you.id);
    this.#receipts = new Receipts({ socket: this.#socket, timeline: this.#timeline, read: this.#page.read });
    this.#history = new History({
      address: `/api/rooms/${encodeURIComponent(this.#page.slug)}/messages/`,
      timeline: this.#timeline,
      socket: this.#socket,
    });
    const here = { slug: this.#page.slug, level: this.#page.notify ?? "all", unread: 0 };
    this.#unread = new Unread([...RoomList.readAll(root), here]);
  }

  connect() {
    this.#listen();
    this.#show();
    this.#attend();
    this.#connectModels();
  }

  // First of all listeners: what the others do with a frame relies on the timeline having taken it.
  #listen() {
    const on = (type, act) => this.#socket.addEventListener(type, ({ detail }) => act(detail));
    on("changes", (frame) => this.#timeline.apply(frame));
    on("hello", (frame) => this.#roster.start(frame));
    on("people", (frame) => this.#roster.change(frame));
    on("typing", (frame) => this.#roster.setTyping(frame));
    this.#timeline.addEventListener("changed", ({ detail }) => {
      detail.messages.forEach((message) => this.#roster.hasWritten(message.author?.id));
    });
  }

  #show() {
    const root = this.#root;
    const timeline = this.#timeline;
    const scroller = new Scroller(root, { timeline, receipts: this.#receipts });
    const pending = new PendingList(root, { outbox: this.#outbox, scroller, you: this.#page.you });
    const list = new MessageList(root, { timeline, scroller, pending, read: this.#page.read, you: this.#page.you });
    const typing = new Typing(this.#socket);
    list.connect();
    pending.connect();
    scroller.connect();
    new Permalinks(root, { history: this.#history, scroller }).connect();
    new OlderMessages(root, { history: this.#history, timeline, scroller }).connect();
    new PeopleList(root, { roster: this.#roster, you: this.#page.you }).connect();
    new TypingLine(root, this.#roster).connect();
    new AuthorNames(root, this.#roster).connect();
    new ConnectionBar(root, this.#socket).connect();
    new Drawers(root).connect();
    new Composer(root, { outbox: this.#outbox, typing, scroller, page: this.#page }).connect();
  }

  // What is unread here and elsewhere, and who is told of it.
  #attend() {
    const [root, socket, unread] = [this.#root, this.#socket, this.#unread];
    const { slug, you } = this.#page;
    const options = new AlertOptions();
    const attendance = new Attendance(root, { slug, unread });
    const isLooking = () => attendance.isHere;
    const alerts = new Alerts({ socket, unread, slug, you, isLooking, isWanted: () => options.any });
    const directory = new RoomDirectory(you.id);
    directory.visit(slug);
    new RoomList(root, { socket, unread, directory, slug }).connect();
    new PageTitle(root, unread).connect();
    new NotificationMenu(root, { slug, unread, options }).connect();
    new Notifier(root, { alerts, options, slug }).connect();
    attendance.connect();
    alerts.connect();
  }

  #connectModels() {
    new Sender({ outbox: this.#outbox, socket: this.#socket, timeline: this.#timeline }).connect();
    this.#receipts.connect();
    this.#history.connect();
    this.#outbox.connect((clientId) => this.#timeline.postedAs(clientId, this.#page.you.id));
    this.#socket.connect();
  }
}

function socketAddress(slug, cursor) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const query = new URLSearchParams({ after: cursor });
  return `${scheme}//${location.host}/ws/chat/${encodeURIComponent(slug)}/?${query}`;
}
