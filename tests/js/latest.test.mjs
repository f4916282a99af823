// Requests for what is being typed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { latest } from "../../chat/static/chat/js/helpers/latest.js";

test("one request runs at a time, and only the last of those that came meanwhile follows", async () => {
  const asked = [];
  let release = () => {};
  const find = latest((query) => (asked.push(query), new Promise((resolve) => (release = resolve))));
  const first = find("a");
  find("ad");
  find("ada");
  assert.deepEqual(asked, ["a"]);
  release();
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(asked, ["a", "ada"]);
  release();
  await first;
  release();
  const again = find("ada");
  release();
  await again;
  assert.deepEqual(asked, ["a", "ada", "ada"]);
});

test("after a failure the next call asks again", async () => {
  let isUp = false;
  const find = latest(async () => {
    if (!isUp) {
      throw new Error("down");
    }
  });
  await assert.rejects(find("a"), /down/);
  isUp = true;
  await find("a");
});
