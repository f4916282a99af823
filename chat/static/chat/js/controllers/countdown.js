// Shows how many characters of a text are left once they are few, and whether there are too many.

import { lengthOf, plural } from "../helpers/text.js";

const COUNT_FROM_LEFT = 200;

export function countDown(counter, text, limit) {
  const left = limit - lengthOf(text);
  const sentence = left < 0 ? `${plural(-left, "character")} too many` : `${plural(left, "character")} left`;
  counter.textContent = left <= COUNT_FROM_LEFT ? sentence : "";
  counter.toggleAttribute("data-over", left < 0);
}
