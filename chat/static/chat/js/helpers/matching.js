// Ranks names against a search query.

const MARKS = /\p{M}/gu;
// Letters that Unicode does not decompose, as in chat/text/folding.py.
const SAME = { ø: "o", đ: "d", ð: "d", ł: "l", ħ: "h", ŧ: "t", ı: "i", æ: "ae", œ: "oe", þ: "th" };
const SAME_LETTERS = new RegExp(`[${Object.keys(SAME).join("")}]`, "gu");

// Return the text without case and width. By way of capital letters ß becomes ss, and the two small sigmas are the same.
export function caseless(text) {
  return text.normalize("NFKC").toUpperCase().toLowerCase().replaceAll("ς", "σ");
}

// Return the text as it is searched: without case, width and accents.
export function folded(text) {
  return caseless(text).normalize("NFKD").replace(MARKS, "").replace(SAME_LETTERS, (letter) => SAME[letter]);
}

export function words(name) {
  return name.split(/[\s\-_./]+/u);
}

// Return the rank of a match: start of the name (0), start of a word, any part, letters in order. Infinity: no match.
export function matchRank(name, query) {
  const [whole, wanted] = [folded(name), folded(query.trim())];
  const at = whole.indexOf(wanted);
  if (at === 0) {
    return 0;
  }
  if (words(whole).some((word) => word.startsWith(wanted))) {
    return 1;
  }
  if (at > 0) {
    return 2;
  }
  return hasInOrder(whole, wanted) ? 3 : Infinity;
}

function hasInOrder(whole, wanted) {
  let from = 0;
  for (const letter of wanted) {
    const at = whole.indexOf(letter, from);
    if (at < 0) {
      return false;
    }
    from = at + letter.length;
  }
  return true;
}
