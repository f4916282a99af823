// The commands that a message may begin with. chat/terminal/commands.py has the same.

const COMMAND = /^\/([a-z]+)(?:\s+(.*))?$/isu;
const SHRUG = "¯\\_(ツ)_/¯";

const COMMANDS = new Map([
  ["me", (words) => words && action(words)],
  ["shrug", (words) => `${words} ${SHRUG}`.trimStart()],
]);

// Return { body }, the message that the typed text means, or { problem }, a sentence. A path like /etc/hosts is no
// command, and a second slash at the beginning makes any text a message.
export function readCommand(text) {
  if (text.startsWith("//")) {
    return { body: text.slice(1) };
  }
  const [, name, words = ""] = COMMAND.exec(text) ?? [];
  if (!name) {
    return { body: text };
  }
  const body = COMMANDS.get(name.toLowerCase())?.(words.trim());
  if (body === undefined) {
    return { problem: `There’s no command /${name}. You can use /me and /shrug, or start with // to send it as text.` };
  }
  return body ? { body } : { problem: `Add what you do, such as /${name} waves.` };
}

// An action is a whole message in emphasis, on one line. The terminal client shows it as "* ada waves".
function action(words) {
  const mark = words.includes("_") && !words.includes("*") ? "*" : "_";
  return mark + words.replace(/\s+/gu, " ") + mark;
}
