// What may be completed before the caret, and with what.

const PERSON = /(?<![\p{L}\p{N}_@./])@([^\n@]{0,40})$/u;
const EMOJI = /(?<![\p{L}\p{N}_:]):([a-z0-9_+-]{2,})(:?)$/iu;
// What Markdown would take for itself in a name.
const MARKUP = /[\\`*~[\]<>&]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;

// The word at the caret as { kind, query, start }: "person" after @, "emoji" after a colon, "named" for a whole :name:.
// Null where there is nothing to complete.
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

// The people whose name, or a word of whose name, begins like this; who stands earlier in the list comes earlier.
export function peopleLike(people, query, limit = 8) {
  const wanted = fold(query);
  const ranked = people.map((person) => ({ person, rank: rankOf(fold(person.name), wanted) }));
  return ranked
    .filter(({ rank }) => rank < 2)
    .sort((one, other) => one.rank - other.rank)
    .slice(0, limit)
    .map(({ person }) => person);
}

// A name as the server finds it in Markdown.
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

// Behind an opened fence, or an odd number of backticks in the line.
function isCode(before) {
  const fences = before.match(/^ {0,3}(?:```|~~~)/gmu)?.length ?? 0;
  const ticks = before.slice(before.lastIndexOf("\n") + 1).match(/`/gu)?.length ?? 0;
  return fences % 2 === 1 || ticks % 2 === 1;
}
