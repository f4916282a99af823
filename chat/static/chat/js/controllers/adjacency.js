// Finds neighbouring messages in the log, which has lines between messages.

export function articleBefore(element) {
  return articleFrom(element.previousElementSibling, "previousElementSibling");
}

export function articleAfter(element) {
  return articleFrom(element.nextElementSibling, "nextElementSibling");
}

// Return this element if it is a message, else the next message in that direction, or null.
export function articleFrom(element, direction, selector = "article") {
  let found = element;
  while (found && !found.matches(selector)) {
    found = found[direction];
  }
  return found ?? null;
}

// Return the lines directly above a message, nearest first.
export function linesAbove(article) {
  const lines = [];
  for (let line = article.previousElementSibling; line?.matches(".divider"); line = line.previousElementSibling) {
    lines.push(line);
  }
  return lines;
}
