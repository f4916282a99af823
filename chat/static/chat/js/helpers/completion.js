// Autocomplete: finds the word at the caret and the people that match it.

import { caseless, folded, words } from "./matching.js";

// Scripts that are written without spaces between words, as in chat/text/scripts.py. An @ or a colon after their letters
// begins a word.
const SPACELESS =
  "\\u0e00-\\u0fff\\u1000-\\u109f\\u1100-\\u11ff\\u1780-\\u17ff\\u1950-\\u19ff\\u1a20-\\u1aaf\\u2e80-\\ua4cf\\ua960-\\ua97f" +
  "\\ua9e0-\\ua9ff\\uaa60-\\uaadf\\uac00-\\ud7ff\\uf900-\\ufaff\\uff61-\\uffdc\\u{1aff0}-\\u{1b16f}\\u{20000}-\\u{3ffff}";
const WORD = `(?![${SPACELESS}])[\\p{L}\\p{N}_]`;
const PERSON = new RegExp(`(?<!${WORD}|[@＠./])[@＠]([^\\n@＠]{0,40})$`, "u");
const COMMAND = /^\/([a-z0-9-]{0,32})$/iu;
const EMOJI = new RegExp(`(?<!${WORD}|:):([a-z0-9_+-]{2,})(:?)$`, "iu");
// Text as long as this cannot be sent. To look for code in it takes longer than to press a key.
const MAX_READ = 20_000;
// Characters in a name that Markdown would interpret. A backslash escapes only markup, and is shown elsewhere.
const MARKUP = /\\(?=[\\`*_~[\]<>&])|[`*~[\]<>&]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;

// Return the word at the caret as { kind, query, start }, or null if there is nothing to complete. The kind is "person"
// after @, "emoji" after a colon, "named" for a complete :name:, and "command" after a slash at the beginning.
export function wordAt(text, caret) {
  const before = text.slice(0, caret);
  if (before.length > MAX_READ || isCode(before)) {
    return null;
  }
  const command = COMMAND.exec(before);
  if (command) {
    return { kind: "command", query: command[1], start: 0 };
  }
  const emoji = EMOJI.exec(before);
  if (emoji) {
    return { kind: emoji[2] ? "named" : "emoji", query: emoji[1], start: emoji.index };
  }
  const person = PERSON.exec(before);
  return person && { kind: "person", query: person[1], start: person.index };
}

// Return the people whose name, or a word in it, starts with the query. A name that is the query comes first. Otherwise
// the order is that of the list.
export function peopleLike(people, query, limit = 8) {
  const ranked = people.map((person) => ({ person, rank: rankOf(person.name, query) }));
  return ranked
    .filter(({ rank }) => rank < Infinity)
    .sort((one, other) => one.rank - other.rank)
    .slice(0, limit)
    .map(({ person }) => person);
}

// Return the Markdown of a mention, as the server recognises it.
export function mentionOf(name) {
  return `@${name.replace(MARKUP, "\\$&")} `;
}

// Return whether the query is this name, as the server compares them: accents count.
export function isSame(name, query) {
  return caseless(name) === caseless(query);
}

function rankOf(name, query) {
  const [whole, wanted] = [folded(name), folded(query)];
  if (isSame(name, query) || whole === wanted) {
    return isSame(name, query) ? 0 : 1;
  }
  if (whole.startsWith(wanted)) {
    return 2;
  }
  return words(whole).some((word) => word.startsWith(wanted)) ? 3 : Infinity;
}

// True inside an open code fence, or after an odd number of backticks in the line.
function isCode(before) {
  const fences = before.match(/^ {0,3}(?:```|~~~)/gmu)?.length ?? 0;
  const ticks = before.slice(before.lastIndexOf("\n") + 1).match(/`/gu)?.length ?? 0;
  return fences % 2 === 1 || ticks % 2 === 1;
}
