// Draws the reactions of a message and reads them back from the page: [{ emoji, people: [id…] }].

// Dispatched on a reaction's button when its people change.
export const PEOPLE_CHANGED = "reaction-people-changed";

export function readReactions(list) {
  return [...list.querySelectorAll("[data-emoji]")].map(({ dataset }) => ({
    emoji: dataset.emoji,
    people: dataset.by.split(" ").filter(Boolean).map(Number),
  }));
}

// Existing buttons are reused, so that a focused button keeps the focus.
export function drawReactions(list, reactions, readerId) {
  const existing = new Map([...list.children].map((item) => [item.querySelector("[data-emoji]").dataset.emoji, item]));
  const items = reactions.map((reaction) => fill(existing.get(reaction.emoji) ?? create(list), reaction, readerId));
  existing.forEach((item) => items.includes(item) || item.remove());
  items.forEach((item, index) => list.children[index] === item || list.insertBefore(item, list.children[index]));
  list.hidden = items.length === 0;
}

function create(list) {
  return list.ownerDocument.getElementById("reaction-template").content.firstElementChild.cloneNode(true);
}

function fill(item, { emoji, people }, readerId) {
  const button = item.querySelector("[data-emoji]");
  const by = people.join(" ");
  const hasChanged = button.dataset.by !== by;
  Object.assign(button.dataset, { emoji, by });
  button.setAttribute("aria-pressed", String(people.includes(readerId)));
  button.querySelector("[data-symbol]").textContent = emoji;
  button.querySelector("[data-number]").textContent = people.length;
  if (hasChanged) {
    button.removeAttribute("data-who");
    button.removeAttribute("aria-description");
    button.dispatchEvent(new Event(PEOPLE_CHANGED, { bubbles: true }));
  }
  return item;
}
