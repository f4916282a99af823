// Whom a moderator is offered tools for: only people whom they stand above.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Superiors } from "../../chat/static/chat/js/models/superiors.js";

const [you, owner, member] = [1, 2, 3];

function start(role, ask = async () => new Set([you, owner])) {
  const page = { you: { id: you }, standing: { role } };
  return { page, superiors: new Superiors({ page, ask }) };
}

const offered = (superiors) => [you, owner, member].filter((id) => superiors.canModerate(id));

test("tools are offered for people below, and not before the site has said who they are", async () => {
  const { superiors } = start("moderator");
  const asked = superiors.load();
  assert.deepEqual(offered(superiors), []);
  await asked;
  assert.deepEqual(offered(superiors), [member]);
});

test("the list of people is told when the site has answered", async () => {
  const { superiors } = start("moderator");
  const seen = [];
  superiors.addEventListener("changed", () => seen.push(offered(superiors)));
  await superiors.load();
  assert.deepEqual(seen.at(-1), [member]);
});

test("nobody is offered tools for themselves, with a place in the room or without", async () => {
  const { superiors } = start("moderator", async () => new Set());
  await superiors.load();
  assert.deepEqual(offered(superiors), [owner, member]);
});

test("an ordinary member asks nothing and is offered nothing", async () => {
  const { superiors } = start("member", () => assert.fail("asked"));
  await superiors.load();
  assert.deepEqual(offered(superiors), []);
});

test("another role is asked about again, and offers nothing until then", async () => {
  const { page, superiors } = start("moderator");
  await superiors.load();
  page.standing = { role: "owner" };
  assert.deepEqual(offered(superiors), []);
  await superiors.load();
  assert.deepEqual(offered(superiors), [member]);
});

test("without an answer nothing is offered, and the site is asked again", async (t) => {
  t.mock.method(console, "warn", () => {});
  let answers = false;
  const { superiors } = start("owner", async () => (answers ? new Set([you]) : Promise.reject(new Error("away"))));
  await superiors.load();
  assert.deepEqual(offered(superiors), []);
  answers = true;
  await superiors.load();
  assert.deepEqual(offered(superiors), [owner, member]);
});
