// Formats the selected part of a text in Markdown. Each function takes the text and the ends of the selection, and returns
// the change as { start, end, text, select }: `text` replaces what is between `start` and `end`, and `select` is
// then selected.

import { wordAt } from "./completion.js";

const LETTER = /[\p{L}\p{N}]/u;
// A line as its indentation and markers of lists and quotes, its text, and the white space at its end.
const LINE = /^(\s*(?:(?:[-+*>]|\d+[.)])\s+)*)(.*?)(\s*)$/su;
const BULLET = /^(\s*)[-+*] /u;
const ADDRESS = /^(?:https?:\/\/|mailto:)\S+$/iu;

export function bold(text, from, to) {
  return toggled(text, from, to, "**");
}

// An underscore has no effect within a word.
export function italic(text, from, to) {
  const [start, end] = trimmed(text, from, to);
  const isInWord = LETTER.test(text[start - 1] ?? "") || LETTER.test(text[end] ?? "");
  const hasAsterisks = /(?<!\*)\*$/u.test(text.slice(0, start)) && text[end] === "*";
  return toggled(text, from, to, isInWord || hasAsterisks ? "*" : "_");
}

// Several lines become a code block.
export function code(text, from, to) {
  const chosen = text.slice(from, to);
  if (chosen.includes("\n")) {
    return toggledBlock(text, from, to);
  }
  const own = /^(`+)[^`]+\1$/u.exec(chosen)?.[1];
  const hasTickAtEnd = !own && /^`|`$/u.test(chosen);
  return toggled(text, from, to, own ?? "`".repeat(longestTicks(chosen) + 1), hasTickAtEnd ? " " : "");
}

export function list(text, from, to) {
  const [start, end] = wholeLines(text, from, to);
  const lines = text.slice(start, end).split("\n");
  const isList = lines.every((line) => BULLET.test(line) || !line.trim()) && lines.some((line) => line.trim());
  const changed = lines.map((line) => {
    if (isList) {
      return line.replace(BULLET, "$1");
    }
    return line.trim() || lines.length === 1 ? `- ${line}` : line;
  });
  const result = changed.join("\n");
  const caret = Math.max(start, from + changed[0].length - lines[0].length);
  return { start, end, text: result, select: from === to ? [caret, caret] : [start, start + result.length] };
}

// The part that is still missing is selected: the address, or the text of an address.
export function link(text, from, to) {
  const [start, end] = trimmed(text, from, to);
  const chosen = text.slice(start, end);
  if (ADDRESS.test(chosen)) {
    return { start, end, text: `[](${chosen})`, select: [start + 1, start + 1] };
  }
  const label = chosen || "text";
  const at = start + label.length + 3;
  const select = chosen ? [at, at + "https://".length] : [start + 1, start + 1 + label.length];
  return { start, end, text: `[${label}](https://)`, select };
}

// Begin a mention, of the selected name if there is one.
export function mention(text, from, to) {
  const before = `${text.slice(0, from)}@`;
  const begun = `${wordAt(before, before.length) ? "" : " "}@${text.slice(from, to)}`;
  return { start: from, end: to, text: begun, select: [from + begun.length, from + begun.length] };
}

// Put marks around the selection, or remove those that it has. Around white space they would have no effect.
function toggled(text, from, to, mark, padding = "") {
  const [start, end] = trimmed(text, from, to);
  const chosen = text.slice(start, end);
  const size = mark.length;
  if (chosen.length > 2 * size && chosen.startsWith(mark) && chosen.endsWith(mark)) {
    const inner = chosen.slice(size, -size);
    return { start, end, text: inner, select: [start, start + inner.length] };
  }
  if (start >= size && text.startsWith(mark, start - size) && text.startsWith(mark, end)) {
    return { start: start - size, end: end + size, text: chosen, select: [start - size, end - size] };
  }
  const [open, close] = [mark + padding, padding + mark];
  if (!chosen.includes("\n")) {
    return { start, end, text: open + chosen + close, select: [start + open.length, end + open.length] };
  }
  const marked = chosen.split("\n").map((line) => line.replace(LINE, (_, head, words, tail) => head + (words && open + words + close) + tail));
  const result = marked.join("\n");
  return { start, end, text: result, select: [start, start + result.length] };
}

function toggledBlock(text, from, to) {
  const [start, end] = wholeLines(text, from, to);
  const chosen = text.slice(start, end);
  const inner = /^(`{3,})[^\n`]*\n(.*)\n\1$/su.exec(chosen)?.[2];
  const fence = "`".repeat(Math.max(3, longestTicks(chosen) + 1));
  const result = inner ?? `${fence}\n${chosen}\n${fence}`;
  return { start, end, text: result, select: [start, start + result.length] };
}

function longestTicks(text) {
  return Math.max(0, ...(text.match(/`+/gu) ?? []).map(({ length }) => length));
}

function trimmed(text, from, to) {
  const chosen = text.slice(from, to);
  const start = from + chosen.length - chosen.trimStart().length;
  return [Math.min(start, to), Math.max(Math.min(start, to), to - (chosen.length - chosen.trimEnd().length))];
}

function wholeLines(text, from, to) {
  const end = text.indexOf("\n", to);
  return [from === 0 ? 0 : text.lastIndexOf("\n", from - 1) + 1, end < 0 ? text.length : end];
}
