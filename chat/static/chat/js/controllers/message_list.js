// Keeps the log on the page in sync with the timeline: each of its messages once, by sequence number.

import { Arrangement } from "./arrangement.js";
import { MessageView } from "./message_view.js";
import { articleAfter, linesAbove } from "./adjacency.js";
import { UnreadLine } from "./unread_line.js";

export class MessageList {
  #root;
  #log;
  #invite;
  #timeline;
  #scroller;
  #pending;
  #receipts;
  #arrangement;
  #unreadLine;

  constructor(root, { timeline, scroller, pending, receipts, read, you }) {
    this.#root = root;
    this.#log = root.querySelector("[data-log]");
    this.#invite = root.querySelector("[data-invite]");
    this.#timeline = timeline;
    this.#scroller = scroller;
    this.#pending = pending;
    this.#receipts = receipts;
    this.#arrangement = new Arrangement(root);
    this.#unreadLine = new UnreadLine(root, { read, timeline, you });
  }

  connect() {
    const articles = [...this.#log.querySelectorAll("article")];
    articles.forEach((article) => new MessageView(article).localise());
    this.#refresh(articles);
    this.#timeline.addEventListener("changed", ({ detail }) => this.#show(detail));
    this.#timeline.addEventListener("replaced", ({ detail }) => this.#replace(detail));
    this.#receipts.addEventListener("held", ({ detail }) => this.#markUnread(detail.seq));
  }

  #show({ messages, dropped }) {
    this.#scroller.keep(() => {
      const gone = dropped.flatMap((seq) => this.#root.getElementById(String(seq)) ?? []);
      this.#refresh([...this.#remove(gone), ...this.#putAll(messages)]);
    });
  }

  #replace({ messages }) {
    this.#scroller.keep(() => {
      const stored = [...this.#log.querySelectorAll("article[data-seq]")];
      const gone = stored.filter(({ dataset }) => !this.#timeline.get(Number(dataset.seq)));
      this.#refresh([...this.#remove(gone), ...this.#putAll(messages)]);
    });
  }

  #markUnread(seq) {
    this.#scroller.keep(() => {
      this.#unreadLine.moveTo(seq, this.#timeline.end);
      this.#refresh([]);
    });
  }

  // Insert from last to first, so that each message is placed before the next one.
  #putAll(messages) {
    return [...messages].reverse().map((message) => this.#put(message));
  }

  #put(message) {
    const existing = this.#root.getElementById(String(message.seq)) ?? this.#pending.take(message);
    const view = existing ? new MessageView(existing) : MessageView.create(this.#root);
    view.showMessage(message);
    const next = this.#articleAfter(message.seq);
    if (!view.article.isConnected || articleAfter(view.article) !== next) {
      this.#log.insertBefore(view.article, next && (linesAbove(next).at(-1) ?? next));
    }
    return view.article;
  }

  // Return the article after this sequence number: a later message or a pending one. Searches from the end.
  #articleAfter(seq) {
    let next = this.#root.getElementById(String(seq + 1));
    for (let element = next ? null : this.#log.lastElementChild; element; element = element.previousElementSibling) {
      const position = element.matches("article") ? seqOf(element) : null;
      if (position !== null && position < seq) {
        break;
      }
      next = position > seq ? element : next;
    }
    return next;
  }

  // Remove messages and the lines above them. Return the articles whose neighbours changed.
  #remove(articles) {
    const beside = new Set(articles.map((article) => articleAfter(article)));
    const hadFocus = articles.some((article) => article.contains(this.#root.activeElement));
    articles.forEach((article) => [...linesAbove(article), article].forEach((element) => element.remove()));
    if (hadFocus) {
      this.#log.parentElement.focus({ preventScroll: true });
    }
    return [...beside].filter((article) => article?.isConnected);
  }

  #refresh(articles) {
    this.#invite.hidden = this.#log.childElementCount > 0;
    this.#arrangement.arrange(articles);
    this.#arrangement.arrange(this.#unreadLine.show());
    this.#quote(new Set(articles));
  }

  // Fill the quotes in these messages, and the quotes of these messages in others.
  #quote(articles) {
    for (const reply of this.#log.querySelectorAll('article[data-reply-to]:not([data-reply-to=""])')) {
      const original = this.#root.getElementById(reply.dataset.replyTo);
      if (original && (articles.has(reply) || articles.has(original))) {
        new MessageView(reply).showQuote(new MessageView(original));
      }
    }
  }
}

function seqOf(article) {
  return article.dataset.seq ? Number(article.dataset.seq) : Infinity;
}
