// How well a name fits what somebody has typed of it.

const MARKS = /\p{M}/gu;

// Without case and accents, which nobody types in a hurry.
export function folded(text) {
  return text.normalize("NFKD").replace(MARKS, "").toLocaleLowerCase();
}

// 0 for the best fit: the beginning of the name, of one of its words, any part of it, its letters in their order.
// Infinity for none.
export function misfit(name, query) {
  const [whole, wanted] = [folded(name), folded(query.trim())];
  const at = whole.indexOf(wanted);
  if (at === 0) {
    return 0;
  }
  if (whole.split(/[\s\-_./]+/u).some((word) => word.startsWith(wanted))) {
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
