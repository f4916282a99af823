// Arranges messages: a line where a day begins, and consecutive messages of one author within a few minutes as a group.

import { localDay } from "../helpers/dates.js";
import { articleBefore, articleAfter, linesAbove } from "./adjacency.js";
import { MessageView } from "./message_view.js";
import { nameDay } from "./relative_times.js";

const GROUP_MS = 5 * 60_000;

export class Arrangement {
  #root;
  #today = localDay(new Date());

  constructor(root) {
    this.#root = root;
  }

  // Update the day lines and groups of these articles and of the one after each.
  arrange(articles) {
    const touched = new Set(articles.flatMap((article) => [article, articleAfter(article)]));
    touched.delete(null);
    touched.forEach((article) => this.#arrange(article));
    this.#nameDays();
  }

  // After midnight, another day is today.
  #nameDays() {
    const today = localDay(new Date());
    if (today !== this.#today) {
      this.#today = today;
      this.#root.querySelectorAll("time[data-day]").forEach(nameDay);
    }
  }

  #arrange(article) {
    const view = new MessageView(article);
    const previous = articleBefore(article);
    const earlier = previous && new MessageView(previous);
    const isNewDay = !earlier || localDay(earlier.moment) !== localDay(view.moment);
    this.#setDayLine(article, isNewDay ? view.moment : null);
    const follows = article.previousElementSibling === previous && earlier && continuesGroup(earlier, view);
    article.toggleAttribute("data-continued", Boolean(follows));
  }

  #setDayLine(article, moment) {
    const lines = linesAbove(article).filter((line) => line.matches(".day"));
    lines.slice(moment ? 1 : 0).forEach((line) => line.remove());
    if (moment) {
      this.#fillDayLine(lines[0] ?? this.#addDayLine(article), moment);
    }
  }

  // Insert the day line above any other line of this message.
  #addDayLine(article) {
    const line = this.#root.getElementById("day-template").content.firstElementChild.cloneNode(true);
    (linesAbove(article).at(-1) ?? article).before(line);
    return line;
  }

  #fillDayLine(line, moment) {
    const time = line.querySelector("time");
    time.dateTime = moment.toISOString();
    nameDay(time);
  }
}

function continuesGroup(earlier, later) {
  const passed = later.moment - earlier.moment;
  return earlier.authorId === later.authorId && passed < GROUP_MS && !later.isReply && !earlier.isDeleted;
}
