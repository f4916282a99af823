// Rules for refused commands.

const RETRYABLE = ["rate_limited", "busy", "unavailable"];
const RETRY_AFTER_SECONDS = 1;
// A command that has to wait longer fails, so that those behind it do not wait. The user may send it again.
const MOST_SECONDS = 60;

// Return the milliseconds after which to send a refused command again, or null if the user has to decide.
export function retryDelay({ code, retry_after: seconds = RETRY_AFTER_SECONDS }) {
  return RETRYABLE.includes(code) && seconds <= MOST_SECONDS ? seconds * 1000 : null;
}
