// Mentions in the text of the message box, and sentences about them.

// An @room as chat/text/mentions.py finds it. One in code or in a quote is found too: the user is then only asked.
const ROOM = /(?<![\p{L}\p{N}_@＠./])[@＠]room(?![\p{L}\p{N}_@＠]|[.-][\p{L}\p{N}_])/iu;
const MOST_NAMES = 3;

// Completions that stand for everyone in the room, and everyone who is online there.
export const EVERYONE = [
  { id: "room", name: "room" },
  { id: "here", name: "here" },
];

export function mentionsRoom(text) {
  return ROOM.test(text);
}

// `names` are those of people who may not read the room.
export function outsideSentence(names) {
  const shown = names.length > MOST_NAMES ? [...names.slice(0, MOST_NAMES - 1), `${names.length - MOST_NAMES + 1} others`] : names;
  const list = shown.length > 1 ? `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}` : shown[0];
  return `${list} ${names.length > 1 ? "aren’t" : "isn’t"} in this room.`;
}
