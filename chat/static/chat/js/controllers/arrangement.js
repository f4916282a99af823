// How messages stand together: a line where a day begins, one author's messages of a few minutes as a group, and a
// line above what is new to this person.

import { dayName, fullTime, localDay } from "../helpers/dates.js";
import { MessageView } from "./message_view.js";

const GROUP_MS = 5 * 60_000;

export class Arrangement {
  #root;
  #log;
  #read;
  #you;

  constructor(root, { read, you }) {
    this.#root = root;
    this.#log = root.querySelector("[data-log]");
    this.#read = read;
    this.#you = you;
  }

  // Puts right what these articles, and the one after each, look like beside their neighbours.
  arrange(articles) {
    const touched = new Set();
    for (const article of articles) {
      touched.add(article);
      touched.add(neighbour(article, "nextElementSibling"));
    }
    touched.delete(null);
    touched.forEach((article) => this.#arrange(article));
  }

  // A newcomer has read nothing, and to them nothing is newer than the rest.
  markUnread() {
    const isUnread = ({ dataset }) => Number(dataset.seq) > this.#read && dataset.author !== String(this.#you.id);
    const first = this.#read && [...this.#log.querySelectorAll("article[data-seq]")].find(isUnread);
    if (first) {
      first.before(this.#fromTemplate("unread-template"));
      this.arrange([first]);
    }
  }

  #arrange(article) {
    const view = new MessageView(article);
    const previous = neighbour(article, "previousElementSibling");
    const earlier = previous && new MessageView(previous);
    const isNewDay = !earlier || localDay(earlier.moment) !== localDay(view.moment);
    this.#setDayLine(article, isNewDay ? view.moment : null);
    const follows = article.previousElementSibling === previous && earlier && isOneBreath(earlier, view);
    article.toggleAttribute("data-continued", Boolean(follows));
  }

  #setDayLine(article, moment) {
    linesAbove(article).filter((line) => line.matches(".day")).forEach((line) => line.remove());
    if (moment) {
      const line = this.#fromTemplate("day-template");
      const time = line.querySelector("time");
      time.dateTime = moment.toISOString();
      time.textContent = dayName(moment);
      time.title = fullTime(moment);
      line.setAttribute("aria-label", time.textContent);
      (linesAbove(article).at(-1) ?? article).before(line);
    }
  }

  #fromTemplate(id) {
    return this.#root.getElementById(id).content.firstElementChild.cloneNode(true);
  }
}

function neighbour(article, direction) {
  let element = article[direction];
  while (element && !element.matches("article")) {
    element = element[direction];
  }
  return element;
}

// The lines directly above an article, the nearest first.
function linesAbove(article) {
  const lines = [];
  for (let line = article.previousElementSibling; line?.matches(".divider"); line = line.previousElementSibling) {
    lines.push(line);
  }
  return lines;
}

function isOneBreath(earlier, later) {
  const passed = later.moment - earlier.moment;
  return earlier.authorId === later.authorId && passed < GROUP_MS && !later.isReply && !earlier.isDeleted;
}
