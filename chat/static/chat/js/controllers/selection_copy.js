// Copies selected messages: the text as it can be pasted anywhere, and of several messages also their times and authors.

import { clockTime, localDay, longDate } from "../helpers/dates.js";
import { plainText } from "../helpers/plain_text.js";
import { MessageView } from "./message_view.js";

export class SelectionCopy {
  #root;
  #log;

  constructor(root) {
    this.#root = root;
    this.#log = root.querySelector("[data-log]");
  }

  connect() {
    this.#root.addEventListener("copy", (event) => this.#copy(event));
  }

  #copy(event) {
    const selection = this.#root.getSelection();
    if (event.defaultPrevented || event.target.closest?.("input, textarea") || selection.isCollapsed) {
      return;
    }
    const range = selection.getRangeAt(0);
    const scroll = this.#log.parentElement;
    const parts = scroll.contains(range.commonAncestorContainer) ? this.#partsIn(range) : [];
    if (parts.length) {
      event.preventDefault();
      event.clipboardData.setData("text/plain", parts.length === 1 ? parts[0].text : conversation(parts));
      if (parts.length === 1) {
        // For programs that keep bold text and links.
        event.clipboardData.setData("text/html", new XMLSerializer().serializeToString(range.cloneContents()));
      }
    }
  }

  #partsIn(range) {
    const articles = [...this.#log.querySelectorAll("article")].filter((article) => range.intersectsNode(article));
    return articles.map((article) => partOf(new MessageView(article), range)).filter(({ text }) => text);
  }
}

function partOf(view, range) {
  if (view.isDeleted) {
    return { view, text: range.intersectsNode(view.goneNote) ? view.goneNote.textContent : "" };
  }
  const common = range.commonAncestorContainer;
  return { view, text: plainText(view.body.contains(common) ? common : view.body, (node) => taken(node, range)) };
}

// Return the selected part of a text node, and of another node whether it is selected.
function taken(node, range) {
  const isSelected = range.intersectsNode(node);
  if (node.data === undefined) {
    return isSelected;
  }
  const from = node === range.startContainer ? range.startOffset : 0;
  const to = node === range.endContainer ? range.endOffset : node.length;
  return isSelected ? node.data.slice(from, to) : "";
}

// The lines of the terminal client. If the messages are of several days, each day is named.
function conversation(parts) {
  const isLong = localDay(parts[0].view.moment) !== localDay(parts.at(-1).view.moment);
  let day = null;
  return parts
    .flatMap(({ view, text }) => {
      const isNewDay = isLong && localDay(view.moment) !== day;
      day = localDay(view.moment);
      return [...(isNewDay ? [longDate(view.moment)] : []), `${clockTime(view.moment)} ${view.authorName}: ${text}`];
    })
    .join("\n");
}
