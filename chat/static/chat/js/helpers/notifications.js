// Rules for notifications. The level of a room is "all", "mentions" or "nothing", or "unjoined" if the user only reads it.

// Return how many of the unread messages count at this level.
export function counted({ level, unread, mentions }) {
  return { all: unread, mentions, nothing: 0, unjoined: 0 }[level];
}

export function notifies(level, isMention) {
  return level === "all" || (level === "mentions" && isMention);
}

// Return whether a message mentions a person, or everyone in the room. The server sets the mark, and the < of an imitation would be escaped.
export function hasMention(html, id) {
  return new RegExp(`<span [^>]*data-mention="(?:${id}|room|here)"`).test(html);
}

export function countedTitle(title, count) {
  return count ? `(${count > 99 ? "99+" : count}) ${title}` : title;
}
