// Connects the unread counts with everything that shows them: sidebar, title, notifications.

import { load } from "../helpers/storage.js";
import { AlertOptions } from "../models/alert_options.js";
import { Alerts } from "../models/alerts.js";
import { RoomDirectory } from "../models/room_directory.js";
import { Unread } from "../models/unread.js";
import { RoomVisibility } from "./room_visibility.js";
import { NotificationMenu } from "./notification_menu.js";
import { Notifier } from "./notifier.js";
import { PageTitle } from "./page_title.js";
import { RoomList } from "./room_list.js";
import { SidebarRefresh } from "./sidebar_refresh.js";
import { isMember } from "./standing.js";

export class UnreadCounts {
  #root;
  #socket;
  #page;
  #receipts;
  #csrfToken;
  #unread;
  #isMember;
  #hasOffered = false;

  constructor(root, { socket, page, receipts, csrfToken }) {
    this.#root = root;
    this.#socket = socket;
    this.#page = page;
    this.#receipts = receipts;
    this.#csrfToken = csrfToken;
    this.#unread = new Unread([...RoomList.readAll(root), { ...page.standing, slug: page.slug, level: levelOf(page), unread: 0 }]);
    this.#isMember = isMember(page.standing);
  }

  connect() {
    const [root, socket, unread] = [this.#root, this.#socket, this.#unread];
    const { slug, you } = this.#page;
    const options = new AlertOptions();
    const visibility = new RoomVisibility(root, { slug, unread });
    const isInView = () => visibility.isVisible;
    const alerts = new Alerts({ socket, unread, slug, you, isInView, isWanted: () => options.any });
    this.#receipts.addEventListener("readElsewhere", ({ detail }) => unread.readTo(slug, detail.seq));
    const directory = new RoomDirectory(you.id);
    directory.visit(slug);
    const list = new RoomList(root, { socket, unread, directory, slug });
    list.connect();
    const take = ({ detail: { standing } }) => {
      this.#countAs(standing);
      // An older server sends no name.
      if (standing.name) {
        list.take([{ slug, joined: standing.member, ...standing }]);
      }
    };
    socket.addEventListener("hello", take);
    socket.addEventListener("standing", take);
    new SidebarRefresh(root, { directory, take: (page) => list.renew(page) }).connect();
    new PageTitle(root, { unread, socket, name: this.#page.name }).connect();
    new NotificationMenu(root, { slug, unread, options, csrfToken: this.#csrfToken, you }).connect();
    new Notifier(root, { alerts, options, slug }).connect();
    unread.addEventListener("changed", () => this.#offerMail());
    visibility.connect();
    alerts.connect();
    if (load("chat.push")) {
      import("./shown_notifications.js").then(({ ShownNotifications }) => new ShownNotifications(unread).connect());
    }
  }

  // At the first missed mention, offer emails. A guest has no address.
  async #offerMail() {
    if (this.#unread.isMentioned && !this.#hasOffered && !this.#page.you.guest) {
      this.#hasOffered = true;
      const { MailOffer } = await import("./mail_offer.js");
      await new MailOffer(this.#root, this.#csrfToken).connect();
    }
  }

  #countAs(standing) {
    if (isMember(standing) !== this.#isMember) {
      this.#isMember = isMember(standing);
      this.#unread.setLevel(this.#page.slug, levelOf({ ...this.#page, standing }));
    }
  }
}

// Someone who only reads a room gets no notifications from it, and no count in the title.
function levelOf({ standing, notify }) {
  return isMember(standing) ? notify : "unjoined";
}
