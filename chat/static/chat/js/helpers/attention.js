// What somebody is to be told of a room: by its level, "all", "mentions" or "nothing".

// How many of the unread messages count.
export function counted({ level, unread, mentions }) {
  return { all: unread, mentions, nothing: 0 }[level];
}

export function isWorthTelling(level, isMention) {
  return level === "all" || (level === "mentions" && isMention);
}

// Whether a body mentions somebody of this name, as the server sees it: by the whole name, in whatever case.
export function speaksTo(body, name) {
  const literal = name.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return new RegExp(`(?<![\\p{L}\\p{N}_@])@${literal}(?![\\p{L}\\p{N}_])`, "iu").test(body);
}

export function countedTitle(title, count) {
  return count ? `(${count > 99 ? "99+" : count}) ${title}` : title;
}
