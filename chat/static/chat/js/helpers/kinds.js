// What an account is, as the tag beside a name says it: a bot, a guest, or nothing for a member.

export function kindOf({ guest, bot }) {
  if (bot) {
    return "bot";
  }
  return guest ? "guest" : "";
}
