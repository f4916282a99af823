// Rules of the list of rooms in the sidebar.

const byName = new Intl.Collator(undefined, { sensitivity: "base" });

// Return the section of a room, as the server does (`_section_of`). A room with notifications off is folded away, unless
// they are off for all rooms, which `levelOfAll` says. A direct conversation never is.
export function sectionOf({ isArchived, isStarred, visibility, level }, levelOfAll) {
  if (isArchived) {
    return "archived";
  }
  if (isStarred) {
    return "starred";
  }
  if (visibility === "direct") {
    return "direct";
  }
  return level === "nothing" && levelOfAll !== "nothing" ? "muted" : "rooms";
}

// Return the index at which an item of this name belongs among items that are sorted by `nameOf`.
export function placeAmong(items, name, nameOf) {
  let [from, to] = [0, items.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    [from, to] = byName.compare(nameOf(items[middle]), name) > 0 ? [from, middle] : [middle + 1, to];
  }
  return from;
}

// Return the item that is `step` (1 or -1) after the current one and `isWanted`, from the other end after the last one.
// Without a current one, begin at an end. Return undefined if there is none.
export function neighbour(items, current, step, isWanted = () => true) {
  const start = items.indexOf(current);
  const order = items.map((_, index) => {
    const from = start === -1 && step < 0 ? items.length : start;
    return items[(from + step * (index + 1) + 2 * items.length) % items.length];
  });
  return order.find((item) => item !== current && isWanted(item));
}
