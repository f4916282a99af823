// Who stands beside whom in the log, where messages have lines between them.

export function articleBefore(element) {
  return articleFrom(element.previousElementSibling, "previousElementSibling");
}

export function articleAfter(element) {
  return articleFrom(element.nextElementSibling, "nextElementSibling");
}

// This element if it is a message, else the next in a direction; null if there is none.
export function articleFrom(element, direction, selector = "article") {
  let found = element;
  while (found && !found.matches(selector)) {
    found = found[direction];
  }
  return found ?? null;
}

// The lines directly above a message, the nearest first.
export function linesAbove(article) {
  const lines = [];
  for (let line = article.previousElementSibling; line?.matches(".divider"); line = line.previousElementSibling) {
    lines.push(line);
  }
  return lines;
}
