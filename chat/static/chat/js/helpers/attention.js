// What somebody is to be told of a room: by its level, "all", "mentions" or "nothing".

// How many of the unread messages count.
export function counted({ level, unread, mentions }) {
  return { all: unread, mentions, nothing: 0 }[level];
}

export function isWorthTelling(level, isMention) {
  return level === "all" || (level === "mentions" && isMention);
}

// Whether a message speaks to somebody: the server has marked it. No text can look like that, for its < is escaped.
export function speaksTo(html, id) {
  return new RegExp(`<span [^>]*data-mention="${id}"`).test(html);
}

export function countedTitle(title, count) {
  return count ? `(${count > 99 ? "99+" : count}) ${title}` : title;
}
