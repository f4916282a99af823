// Helpers for text.

const PAIRS = /[\ud800-\udbff][\udc00-\udfff]/g;
// The blank Braille pattern is drawn as nothing, too, although it is a symbol.
const VISIBLE = /[^\s\p{Cc}\p{Cf}\p{Mn}\p{Default_Ignorable_Code_Point}\u2800\ufffc]/u;

// Return the length as the server counts it: in code points, not UTF-16 units.
export function lengthOf(text) {
  return text.length - (text.match(PAIRS)?.length ?? 0);
}

// Return a sentence if the text of a message is too long to be sent, or an empty string.
export function tooLong(text, limit) {
  return lengthOf(text) > limit ? `A message can have at most ${limit.toLocaleString("en")} characters.` : "";
}

// Return whether the text has only white space and characters that are drawn as nothing. The server refuses it.
export function isBlank(text) {
  return !VISIBLE.test(text);
}

export function initial(name) {
  return (Array.from(name)[0] ?? "·").toLocaleUpperCase();
}

// Return the text of a field in which someone has typed before the draft of an earlier visit was restored.
export function withDraft(draft, typed) {
  if (!typed || !draft || draft === typed) {
    return typed || draft;
  }
  return `${draft}\n${typed}`;
}

// "1 message", "2,000 messages".
export function plural(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

export function oneLine(text, limit = 140) {
  const line = text.replace(/\s+/gu, " ").trim();
  const characters = Array.from(line);
  return characters.length > limit ? `${characters.slice(0, limit - 1).join("")}…` : line;
}

// Return "ada, bob and 3 others" for `count` people of whom only some are named.
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

// Characters of right-to-left scripts.
const FROM_THE_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

// Return a name in Unicode isolates (UAX #9), so that it doesn't reorder the sentence, where no <bdi> is possible.
export function isolated(name) {
  return FROM_THE_RIGHT.test(name) ? `\u2068${name}\u2069` : name;
}
