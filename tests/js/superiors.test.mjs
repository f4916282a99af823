// The people on whom a moderator gets actions: only those with a lower role.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Superiors } from "../../chat/static/chat/js/models/superiors.js";

const [you, owner, member] = [1, 2, 3];

function start(role, ask = async () => new Set([you, owner])) {
  const page = { you: { id: you }, standing: { role } };
  return { page, superiors: new Superiors({ page, ask }) };
}

const offered = (superiors) => [you, owner, member].filter((id) => superiors.canModerate(id));

test("actions are offered on people with a lower role, once the server has answered", async () => {
  const { superiors } = start("moderator");
  const asked = superiors.load();
  assert.deepEqual(offered(superiors), []);
  await asked;
  assert.deepEqual(offered(superiors), [member]);
});

test("the change is announced when the server has answered", async () => {
  const { superiors } = start("moderator");
  const seen = [];
  superiors.addEventListener("changed", () => seen.push(offered(superiors)));
  await superiors.load();
  assert.deepEqual(seen.at(-1), [member]);
});

test("no actions are offered on oneself", async () => {
  const { superiors } = start("moderator", async () => new Set());
  await superiors.load();
  assert.deepEqual(offered(superiors), [owner, member]);
});

test("a member requests nothing and gets no actions", async () => {
  const { superiors } = start("member", () => assert.fail("asked"));
  await superiors.load();
  assert.deepEqual(offered(superiors), []);
});

test("a new role requests the list again, and offers nothing until then", async () => {
  const { page, superiors } = start("moderator");
  await superiors.load();
  page.standing = { role: "owner" };
  assert.deepEqual(offered(superiors), []);
  await superiors.load();
  assert.deepEqual(offered(superiors), [member]);
});

test("without an answer nothing is offered, and the next call requests again", async (t) => {
  t.mock.method(console, "warn", () => {});
  let answers = false;
  const { superiors } = start("owner", async () => (answers ? new Set([you]) : Promise.reject(new Error("away"))));
  await superiors.load();
  assert.deepEqual(offered(superiors), []);
  answers = true;
  await superiors.load();
  assert.deepEqual(offered(superiors), [owner, member]);
});

test("after a change of role on this page the list is requested again, and counts until the answer", async () => {
  let ids = [you, owner];
  const { superiors } = start("owner", async () => new Set(ids));
  await superiors.load();
  ids = [you, owner, member];
  const asked = superiors.reload();
  assert.deepEqual(offered(superiors), [member]);
  await asked;
  assert.deepEqual(offered(superiors), []);
});
