// Autocomplete: finds the word at the caret and the people that match it.

const PERSON = /(?<![\p{L}\p{N}_@./])@([^\n@]{0,40})$/u;
const EMOJI = /(?<![\p{L}\p{N}_:]):([a-z0-9_+-]{2,})(:?)$/iu;
// Characters in a name that Markdown would interpret.
const MARKUP = /[\\`*~[\]<>&]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;

// Return the word at the caret as { kind, query, start }, or null if there is nothing to complete. The kind is "person"
// after @, "emoji" after a colon, and "named" for a complete :name:.
export function wordAt(text, caret) {
  const before = text.slice(0, caret);
  if (isCode(before)) {
    return null;
  }
  const emoji = EMOJI.exec(before);
  if (emoji) {
    return { kind: emoji[2] ? "named" : "emoji", query: emoji[1], start: emoji.index };
  }
  const person = PERSON.exec(before);
  return person && { kind: "person", query: person[1], start: person.index };
}

// Return the people whose name, or a word in it, starts with the query, in the order of the list.
export function peopleLike(people, query, limit = 8) {
  const wanted = fold(query);
  const ranked = people.map((person) => ({ person, rank: rankOf(fold(person.name), wanted) }));
  return ranked
    .filter(({ rank }) => rank < 2)
    .sort((one, other) => one.rank - other.rank)
    .slice(0, limit)
    .map(({ person }) => person);
}

// Return the Markdown of a mention, as the server recognises it.
export function mentionOf(name) {
  return `@${name.replace(MARKUP, "\\$&")} `;
}

export function isSame(name, query) {
  return fold(name) === fold(query);
}

function rankOf(name, wanted) {
  if (name.startsWith(wanted)) {
    return 0;
  }
  return name.includes(` ${wanted}`) && wanted ? 1 : 2;
}

function fold(name) {
  return name.normalize("NFKC").toLowerCase();
}

// True inside an open code fence, or after an odd number of backticks in the line.
function isCode(before) {
  const fences = before.match(/^ {0,3}(?:```|~~~)/gmu)?.length ?? 0;
  const ticks = before.slice(before.lastIndexOf("\n") + 1).match(/`/gu)?.length ?? 0;
  return fences % 2 === 1 || ticks % 2 === 1;
}
