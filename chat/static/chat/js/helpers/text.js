// Small rules about words.

// Characters as the server counts them: code points, not UTF-16 units.
export function lengthOf(text) {
  return Array.from(text).length;
}

export function initial(name) {
  return (Array.from(name)[0] ?? "·").toLocaleUpperCase();
}

export function oneLine(text, limit = 140) {
  const line = text.replace(/\s+/gu, " ").trim();
  const characters = Array.from(line);
  return characters.length > limit ? `${characters.slice(0, limit - 1).join("")}…` : line;
}

// "ada, bob and 3 others", where `count` people are meant and only some are named.
export function namesSentence(names, count = names.length) {
  const others = count - names.length;
  const parts = others > 0 ? [...names, others === 1 ? "1 other" : `${others} others`] : names;
  const last = parts.at(-1) ?? "";
  return parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${last}` : last;
}

export function typingSentence(people) {
  const names = people.map(isolated);
  if (names.length === 0) {
    return "";
  }
  if (names.length > 3) {
    return "Several people are typing…";
  }
  const last = names.at(-1);
  const others = names.slice(0, -1).join(", ");
  return others ? `${others} and ${last} are typing…` : `${last} is typing…`;
}

// Scripts that are written from the right.
const FROM_THE_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

// A name within a sentence, which it does not turn around (UAX #9): where there are no elements to say so.
export function isolated(name) {
  return FROM_THE_RIGHT.test(name) ? `\u2068${name}\u2069` : name;
}
