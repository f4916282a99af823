// Keeps the log on the page in step with the timeline: each message once, in the order of its place.

import { Arrangement } from "./arrangement.js";
import { MessageView } from "./message_view.js";

export class MessageList {
  #root;
  #log;
  #invite;
  #timeline;
  #scroller;
  #pending;
  #you;
  #arrangement;

  constructor(root, { timeline, scroller, pending, read, you }) {
    this.#root = root;
    this.#log = root.querySelector("[data-log]");
    this.#invite = root.querySelector("[data-invite]");
    this.#timeline = timeline;
    this.#scroller = scroller;
    this.#pending = pending;
    this.#you = you;
    this.#arrangement = new Arrangement(root, { read, you });
  }

  connect() {
    const articles = [...this.#log.children];
    articles.forEach((article) => new MessageView(article).localise());
    this.#settle(articles);
    this.#arrangement.markUnread();
    this.#timeline.addEventListener("changed", ({ detail }) => this.#show(detail.messages));
    this.#timeline.addEventListener("replaced", ({ detail }) => this.#replace(detail.messages));
  }

  #show(messages) {
    const news = messages.filter((message) => this.#isNews(message));
    this.#scroller.keep(() => this.#settle(messages.map((message) => this.#put(message))));
    this.#scroller.countNews(news.length);
  }

  #replace(messages) {
    this.#log.querySelectorAll(":scope > :not([data-state])").forEach((element) => element.remove());
    this.#settle(messages.map((message) => this.#put(message)));
    this.#scroller.toEnd();
  }

  #put(message) {
    const existing = this.#root.getElementById(String(message.seq)) ?? this.#pending.take(message);
    const view = existing ? new MessageView(existing) : MessageView.create(this.#root);
    view.showMessage(message);
    const next = this.#articleAfter(message.seq);
    if (!view.article.isConnected || view.article.nextElementSibling !== next) {
      this.#log.insertBefore(view.article, next);
    }
    return view.article;
  }

  // What stands after this place: a later message, or what is still on its way. Sought from the end, where most
  // messages belong.
  #articleAfter(seq) {
    let next = null;
    for (let element = this.#log.lastElementChild; element; element = element.previousElementSibling) {
      const place = element.matches("article") ? placeOf(element) : null;
      if (place !== null && place < seq) {
        break;
      }
      next = place > seq ? element : next;
    }
    return next;
  }

  #settle(articles) {
    this.#invite.hidden = this.#log.childElementCount > 0;
    this.#arrangement.arrange(articles);
    articles.forEach((article) => this.#quoteIn(article));
  }

  // The lines that quote or are quoted by this message.
  #quoteIn(article) {
    const { seq, replyTo } = article.dataset;
    const original = replyTo && this.#root.getElementById(replyTo);
    if (original) {
      new MessageView(article).showQuote(new MessageView(original));
    }
    for (const reply of this.#log.querySelectorAll(`article[data-reply-to="${seq}"]`)) {
      new MessageView(reply).showQuote(new MessageView(article));
    }
  }

  // Something to scroll down for: below all that stands here, and written by somebody else.
  #isNews(message) {
    const newest = [...this.#log.children].findLast((element) => element.dataset.seq);
    return message.seq > Number(newest?.dataset.seq ?? 0) && message.author?.id !== this.#you.id;
  }
}

function placeOf(article) {
  return article.dataset.seq ? Number(article.dataset.seq) : Infinity;
}
