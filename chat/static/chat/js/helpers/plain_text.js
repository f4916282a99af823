// Turns rendered Markdown into text that can be pasted anywhere: with the numbers of lists, the marks of quotes, the cells
// of tables, and the addresses of links.

const TEXT_NODE = 3;
const BLOCKS = {
  P: inlineOf,
  DIV: (node, take) => blocksOf(node, take).join("\n"),
  PRE: (node, take) => rawOf(node, take).replace(/\n$/u, ""),
  UL: listOf,
  OL: listOf,
  LI: itemOf,
  BLOCKQUOTE: (node, take) => prefixed(blocksOf(node, take).join("\n\n"), "> ", "> "),
  HR: (node, take) => (take(node) ? "---" : ""),
  H3: inlineOf,
  H4: inlineOf,
  H5: inlineOf,
  H6: inlineOf,
  TABLE: listOf,
  THEAD: listOf,
  TBODY: listOf,
  TR: rowOf,
};

// `take` returns the wanted part of a text node, and of another node whether it is wanted.
export function plainText(node, take = ({ data }) => data ?? true) {
  const link = linkAround(node);
  if (link) {
    return inline(link, take);
  }
  return node.nodeType === TEXT_NODE || isInCode(node) ? rawOf(node, take) : blocksOf(node, take).join("\n\n");
}

function linkAround(node) {
  let around = node;
  while (around && around.nodeName !== "A") {
    around = around.parentNode;
  }
  return around;
}

function isInCode({ nodeName, parentNode }) {
  return nodeName === "PRE" || parentNode?.nodeName === "PRE";
}

function blocksOf(parent, take) {
  const blocks = [""];
  for (const node of parent.childNodes) {
    const block = BLOCKS[node.nodeName];
    if (block) {
      blocks.push(block(node, take), "");
    } else {
      blocks[blocks.length - 1] += inline(node, take);
    }
  }
  return blocks.filter((text) => text !== "");
}

function inlineOf(parent, take) {
  return Array.from(parent.childNodes, (node) => inline(node, take)).join("");
}

// Outside of code, a line ends at a <br>. The line feeds in the HTML are shown as spaces.
function inline(node, take) {
  if (node.nodeType === TEXT_NODE) {
    return take(node).replaceAll("\n", "");
  }
  if (node.nodeName === "BR") {
    return take(node) ? "\n" : "";
  }
  if (node.nodeName === "INPUT" && take(node)) {
    return node.getAttribute("checked") === null ? "[ ]" : "[x]";
  }
  if (node.nodeName === "BUTTON") {
    return "";
  }
  const text = inlineOf(node, take);
  return node.nodeName === "A" && text && text === inlineOf(node, ({ data }) => data ?? true)
    ? linkText(text, node.getAttribute("href") ?? "")
    : text;
}

function rawOf(node, take) {
  if (node.nodeType === TEXT_NODE) {
    return take(node);
  }
  return Array.from(node.childNodes, (child) => rawOf(child, take)).join("");
}

function listOf(list, take) {
  return blocksOf(list, take).join("\n");
}

// Cells are separated by tabs, which a spreadsheet takes for columns.
function rowOf(row, take) {
  const cells = Array.from(row.childNodes).filter(({ nodeName }) => nodeName === "TH" || nodeName === "TD");
  const texts = cells.map((cell) => inlineOf(cell, take));
  return texts.some(Boolean) ? texts.join("\t") : "";
}

function itemOf(item, take) {
  const isLoose = Array.from(item.childNodes).some(({ nodeName }) => nodeName === "P");
  const text = blocksOf(item, take).join(isLoose ? "\n\n" : "\n");
  const marker = markerOf(item);
  return text && prefixed(text, marker, " ".repeat(marker.length));
}

function markerOf(item) {
  const list = item.parentNode;
  if (list?.nodeName !== "OL") {
    return "- ";
  }
  let number = Number(list.getAttribute("start") ?? 1) - 1;
  for (const other of list.childNodes) {
    if (other.nodeName === "LI") {
      number = Number(other.getAttribute("value") ?? number + 1);
    }
    if (other === item) {
      break;
    }
  }
  return `${number}${list.getAttribute("class")?.includes("parenthesis") ? ")" : "."} `;
}

function prefixed(text, first, others) {
  return text && text.split("\n").map((line, at) => ((at ? others : first) + line).trimEnd()).join("\n");
}

// An address is shown decoded, which is not what was written and may not work: a%20b becomes "a b".
function linkText(text, href) {
  if (isSameAddress(text, href)) {
    return href;
  }
  const isPart = ["http://", "https://", "mailto:"].some((scheme) => isSameAddress(scheme + text, href));
  return isPart ? text : `${text} (${href.replace(/^mailto:/u, "")})`;
}

function isSameAddress(text, href) {
  try {
    return new URL(text).href === new URL(href).href;
  } catch {
    return false;
  }
}
