// The commands that a message may begin with. chat/terminal/commands.py has the same.

const COMMAND = /^\/([a-z][a-z0-9-]*)(?:\s+(.*))?$/isu;
const SHRUG = "¯\\_(ツ)_/¯";

export const BUILT_IN = [
  { name: "me", usage: "waves", description: "Say what you do" },
  { name: "shrug", usage: "", description: SHRUG },
];

const COMMANDS = new Map([
  ["me", (words) => words && action(words)],
  ["shrug", (words) => `${words} ${SHRUG}`.trimStart()],
]);

// Return { body }, the message that the typed text means, { call: { name, words } } for one of the room's `commands`, or
// { problem }, a sentence. A path like /etc/hosts is no command, and a second slash at the beginning makes any text a
// message.
export function readCommand(text, commands = []) {
  if (text.startsWith("//")) {
    return { body: text.slice(1) };
  }
  const [, name, words = ""] = COMMAND.exec(text) ?? [];
  if (!name) {
    return { body: text };
  }
  const body = COMMANDS.get(name.toLowerCase())?.(words.trim());
  if (body === undefined && commands.some((command) => command.name === name.toLowerCase())) {
    return { call: { name: name.toLowerCase(), words: words.trim() } };
  }
  if (body === undefined) {
    const known = ["me", ...commands.map((command) => command.name), "shrug"].map((it) => `/${it}`);
    const names = `${known.slice(0, -1).join(", ")} and ${known.at(-1)}`;
    return { problem: `There’s no command /${name}. You can use ${names}, or start with // to send it as text.` };
  }
  return body ? { body } : { problem: `Add what you do, such as /${name} waves.` };
}

// An action is a whole message in emphasis, on one line. The terminal client shows it as "* ada waves".
function action(words) {
  const mark = words.includes("_") && !words.includes("*") ? "*" : "_";
  return mark + words.replace(/\s+/gu, " ") + mark;
}
