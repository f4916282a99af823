// Draws the files of a message and the cards of its links. Elements of files that stay are kept, so that nothing that
// plays stops and no picture loads again.

import { shortSize, shownSize, spokenSize } from "../helpers/sizes.js";
import { isolated } from "../helpers/text.js";

// More are in the lightbox.
const SHOWN = 4;
const KIND_NAMES = { image: "Picture", audio: "Audio", video: "Video" };
const PLAYERS = ["audio", "video"];
const LISTS = ["pictures", "attachments", "previews"];

// Pictures that the user uploads, by the id of the file and by its key. They are shown until the server has made its own.
export const canvases = new Map();

// `after`: the element before the files, when there are none yet. `key` makes the id of the files. A file that is not
// stored yet has a `note` about its upload.
export function drawFiles(article, after, key, { files = [], previews = [] }) {
  let box = article.querySelector("[data-files]");
  if (!box && files.length + previews.length === 0) {
    return;
  }
  if (!box) {
    box = part(article, "[data-files]");
    after.after(box);
  }
  box.id = `files-${key}`;
  const pictures = files.filter(isPicture);
  const lists = { pictures, attachments: files.filter((file) => !isPicture(file)), previews };
  const draw = { pictures: drawPicture, attachments: drawAttachment, previews: drawPreview };
  for (const name of LISTS) {
    drawList(box, name, lists[name], draw[name]);
  }
  box.hidden = files.length + previews.length === 0;
}

// The names of the files of a message, for places where there is no room for more.
export function fileNames(article) {
  return [...article.querySelectorAll("[data-files] [data-file-name]")].map(({ textContent }) => textContent).join(", ");
}

function isPicture({ kind, state }) {
  return kind === "image" && state !== "refused";
}

function drawList(box, name, files, draw) {
  let list = box.querySelector(`[data-${name}]`);
  if (!list && files.length) {
    list = box.ownerDocument.createElement("ul");
    list.className = name;
    list.dataset[name] = "";
    const later = LISTS.slice(LISTS.indexOf(name) + 1).map((other) => `[data-${other}]`).join();
    box.insertBefore(list, later ? box.querySelector(later) : null);
  }
  if (list) {
    list.dataset.count = files.length;
    list.hidden = files.length === 0;
    const items = files.map((file, index) => draw(list, file, index, files.length));
    [...list.children].forEach((item) => items.includes(item) || item.remove());
    items.forEach((item, index) => list.children[index] === item || list.insertBefore(item, list.children[index] ?? null));
  }
}

function drawPicture(list, file, index, count) {
  const state = stateOf(file);
  const item = itemOf(list, file, `image ${state}`, ".picture");
  const link = item.querySelector("[data-picture]");
  const [width, height] = shownSize(file.width, file.height);
  item.hidden = index >= SHOWN;
  showName(item, file);
  link.dataset.name = file.name;
  link.dataset.size = `${file.width ?? ""} ${file.height ?? ""}`;
  const svg = item.querySelector("[data-box]");
  set(svg, { width, height, viewBox: `0 0 ${width} ${height}` });
  set(svg.firstElementChild, { fill: file.color || "none" });
  const image = item.querySelector("[data-image]");
  if (state === "ready") {
    const address = addressOf(file);
    set(link, { href: address });
    set(image, { src: file.thumb ? `/files/${file.key}/thumb.webp` : address, alt: file.alt ?? "" });
  } else {
    image?.remove();
    showCanvas(link, canvases.get(file.key));
    item.querySelector("[data-file-note]").textContent = noteOf(file);
  }
  showMore(link, index === SHOWN - 1 ? count - SHOWN : 0);
  return item;
}

// The picture itself, until the server has made one of it.
function showCanvas(link, canvas) {
  if (canvas && !link.contains(canvas)) {
    link.querySelector("canvas")?.remove();
    link.querySelector("[data-box]").after(canvas);
  }
}

function showMore(link, more) {
  let mark = link.querySelector("[data-more]");
  if (more > 0 && !mark) {
    mark = part(link, "[data-more]");
    link.append(mark);
  }
  if (more > 0) {
    mark.firstChild.data = `+${more}`;
  } else {
    mark?.remove();
  }
}

function drawAttachment(list, file) {
  const state = stateOf(file);
  const item = itemOf(list, file, `${file.kind} ${state}`, ".attachment");
  const link = item.querySelector(".attachment-link");
  showName(item, file);
  item.querySelector("[data-kind-name]").textContent = `${KIND_NAMES[file.kind] ?? "File"}, `;
  item.querySelector("[data-file-size]").textContent = shortSize(file.size);
  item.querySelector("[data-file-note]").textContent = noteOf(file);
  if (state === "ready") {
    set(link, { href: `${addressOf(file)}?download`, download: file.name });
    if (PLAYERS.includes(file.kind) && !item.querySelector("audio, video")) {
      item.prepend(player(item, file));
    }
  }
  return item;
}

function player({ ownerDocument }, file) {
  const element = ownerDocument.createElement(file.kind);
  Object.assign(element, { controls: true, preload: "none", playsInline: true, src: addressOf(file) });
  element.setAttribute("aria-label", `${KIND_NAMES[file.kind]}, ${isolated(file.name)}`);
  return element;
}

function drawPreview(list, { url, title = "", description = "", site = "", image, thumb }) {
  const found = [...list.children].find(({ dataset }) => dataset.preview === url);
  const item = found ?? part(list, ".preview");
  item.dataset.preview = url;
  set(item.querySelector("a"), { href: /^https?:/.test(url) ? url : "" });
  item.querySelector("[data-preview-site]").textContent = site || hostOf(url);
  item.querySelector("[data-preview-title]").textContent = title;
  item.querySelector("[data-preview-text]").textContent = description;
  const picture = item.querySelector("[data-image]");
  if (image && picture) {
    set(picture, { src: `/files/${image}/thumb.webp`, ...(thumb && { width: thumb[0], height: thumb[1] }) });
  } else {
    picture?.remove();
  }
  return item;
}

function hostOf(url) {
  return URL.parse ? (URL.parse(url)?.hostname ?? url) : url;
}

function showName(item, file) {
  item.querySelector("[data-file-name]").textContent = file.name;
  item.querySelector("[data-file-spoken]").textContent = spokenSize(file.size);
}

// Return the element of this file in the same form, or a new one.
function itemOf(list, file, form, selector) {
  const found = [...list.children].find(({ dataset }) => dataset.file === file.key && dataset.form === form);
  const item = found ?? part(list, selector);
  item.dataset.file = file.key;
  item.dataset.form = form;
  return item;
}

function part(element, selector) {
  const template = element.ownerDocument.getElementById("files-template").content;
  return element.ownerDocument.importNode(template.querySelector(selector), true);
}

function noteOf(file) {
  return { ready: "", refused: file.refusal }[stateOf(file)] ?? file.note ?? "Processing…";
}

// The server leaves out what is usual.
function stateOf({ state = "ready" }) {
  return state;
}

function addressOf({ key, name }) {
  return `/files/${key}/${encodeURIComponent(name)}`;
}

// An attribute that is set to its value again would load a picture again.
function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== String(value)) {
      element.setAttribute(name, value);
    }
  }
}
