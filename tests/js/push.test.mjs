// The push notifications of a browser, and the service worker that shows them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import vm from "node:vm";
import { ShownNotifications } from "../../chat/static/chat/js/controllers/shown_notifications.js";
import { load, remove, save } from "../../chat/static/chat/js/helpers/storage.js";
import { PushDevice } from "../../chat/static/chat/js/models/push_device.js";

const KEY = "BAAA";
const bytes = (text) => Uint8Array.from(Buffer.from(text, "base64url")).buffer;

// A browser with a push manager. Its requests are in `sent`.
class Browser {
  permission = "granted";
  status = 201;
  subscription = null;
  sent = [];
  shown = [];
  badge = null;

  constructor(t) {
    const registration = {
      pushManager: { getSubscription: async () => this.subscription, subscribe: (options) => this.#subscribe(options) },
      getNotifications: async () => this.shown,
    };
    const serviceWorker = {
      register: async (address) => this.sent.push(["register", address]),
      ready: Promise.resolve(registration),
      getRegistration: async () => registration,
    };
    const navigator = { serviceWorker, clearAppBadge: async () => (this.badge = 0), setAppBadge: async (it) => (this.badge = it) };
    this.#define(t, "navigator", navigator);
    this.#define(t, "Notification", { requestPermission: async () => this.permission });
    this.#define(t, "PushManager", class {});
    t.mock.method(globalThis, "fetch", async (address, { method, body }) => {
      this.sent.push([method, address, ...(body ? [JSON.parse(body)] : [])]);
      return { ok: this.status < 400, status: this.status, json: async () => ({ error: { detail: "Too many." } }) };
    });
  }

  async #subscribe({ applicationServerKey, userVisibleOnly }) {
    assert.ok(userVisibleOnly);
    this.subscription = {
      endpoint: "https://push.example.org/1",
      options: { applicationServerKey: bytes(applicationServerKey) },
      getKey: (name) => bytes({ p256dh: "BAcD", auth: "_-8A" }[name]),
      unsubscribe: async () => (this.subscription = null),
    };
    return this.subscription;
  }

  #define(t, name, value) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    t.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
  }
}

const KEYS = { endpoint: "https://push.example.org/1", p256dh: "BAcD", auth: "_-8A" };
let session = "one";
const device = (person = 7) => new PushDevice({ person, token: async () => "token", session: () => session });

beforeEach(() => {
  remove("chat.push");
  session = "one";
});

test("a device is subscribed to the key of the site, and the server gets its keys", async (t) => {
  const browser = new Browser(t);
  assert.equal(await device().isOn(KEY), false);
  await device().turnOn(KEY);
  assert.deepEqual(browser.sent, [["register", "/service-worker.js"], ["POST", "/api/push/", KEYS]]);
  assert.equal(await device().isOn(KEY), true);
  assert.equal(await device(8).isOn(KEY), false);
  await device().test();
  assert.deepEqual(browser.sent.at(-1), ["POST", "/api/push/test/"]);
});

test("a subscription to another key of the site is replaced", async (t) => {
  const browser = new Browser(t);
  await device().turnOn(KEY);
  const before = browser.subscription;
  await device().turnOn(KEY);
  assert.equal(browser.subscription, before);
  assert.deepEqual([await device().isOn(KEY), await device().isOn("BBBB")], [true, false]);
  await device().turnOn("BBBB");
  assert.notEqual(browser.subscription, before);
});

test("without permission, or if the server refuses, notifications stay off", async (t) => {
  const browser = new Browser(t);
  browser.permission = "denied";
  await assert.rejects(device().turnOn(KEY), { name: "PushError", message: /blocked/ });
  assert.deepEqual(browser.sent, []);
  browser.permission = "granted";
  browser.status = 429;
  await assert.rejects(device().turnOn(KEY), { name: "PushError", message: "Too many." });
  assert.equal(await device().isOn(KEY), false);
});

test("turning off ends them here, and on the server", async (t) => {
  const browser = new Browser(t);
  await device().turnOn(KEY);
  let closed = 0;
  browser.shown = [{ close: () => (closed += 1) }];
  await device().turnOff();
  assert.deepEqual(browser.sent.at(-1), ["DELETE", "/api/push/", { endpoint: KEYS.endpoint }]);
  assert.deepEqual([browser.subscription, browser.badge, closed, await device().isOn(KEY)], [null, 0, 1, false]);
});

test("the server hears of a new session of the same person once", async (t) => {
  const browser = new Browser(t);
  await device().turnOn(KEY);
  browser.sent = [];
  await device().renew();
  assert.deepEqual(browser.sent, []);
  session = "two";
  await device().renew();
  await device().renew();
  assert.deepEqual(browser.sent, [["POST", "/api/push/", KEYS]]);
});

test("another person begins without the notifications of the one before", async (t) => {
  const browser = new Browser(t);
  await device().turnOn(KEY);
  browser.sent = [];
  await device(8).renew();
  assert.deepEqual([browser.subscription, browser.sent, load("chat.push")], [null, [], undefined]);
});

test("a subscription that the browser has dropped is forgotten", async (t) => {
  const browser = new Browser(t);
  save("chat.push", { person: 7, session: "old" });
  await device().renew();
  assert.deepEqual([browser.sent, load("chat.push")], [[], undefined]);
});

// ---- Notifications that were shown

const flushed = () => new Promise((resolve) => setImmediate(resolve));

test("notifications of rooms that are read are closed, and the badge has the count", async (t) => {
  const browser = new Browser(t);
  const closed = [];
  browser.shown = ["ops", "hall", "elsewhere"].map((slug) => ({ tag: `chat.${slug}`, close: () => closed.push(slug) }));
  const rooms = { ops: { unread: 0 }, hall: { unread: 2 } };
  const unread = Object.assign(new EventTarget(), { count: 2, get: (slug) => rooms[slug] });
  new ShownNotifications(unread).connect();
  await flushed();
  assert.deepEqual([closed, browser.badge], [["ops"], 2]);
  rooms.hall.unread = unread.count = 0;
  unread.dispatchEvent(new Event("changed"));
  unread.dispatchEvent(new Event("changed"));
  await flushed();
  assert.ok(closed.includes("hall") && !closed.includes("elsewhere"));
  assert.equal(browser.badge, 0);
});

// ---- The service worker

const SOURCE = readFileSync(new URL("../../chat/static/chat/js/service_worker.js", import.meta.url), "utf8");

// Run the service worker. `happen` dispatches an event and waits for its work.
function worker(windows = []) {
  const listeners = {};
  const self = {
    addEventListener: (type, listener) => (listeners[type] = listener),
    location: { origin: "https://chat.example.org" },
    navigator: { setAppBadge: async (count) => (self.badge = count) },
    registration: {
      shown: [],
      getNotifications: async ({ tag }) => self.registration.shown.filter((each) => each.tag === tag),
      showNotification: async (title, options) => (self.registration.shown = [{ title, ...options }]),
    },
    clients: { matchAll: async () => windows, openWindow: async (address) => (self.opened = address) },
  };
  vm.runInNewContext(SOURCE, { self, URL });
  self.happen = async (type, event) => {
    let work;
    listeners[type]({ ...event, waitUntil: (promise) => (work = promise) });
    await work;
  };
  self.push = (content) => self.happen("push", { data: { json: () => content } });
  self.click = (navigate) => self.happen("notificationclick", { notification: { close() {}, data: { navigate } } });
  return self;
}

const pushed = (seq) => ({
  web_push: 8030,
  app_badge: 3,
  notification: { title: "bob in Ops", body: "hello", navigate: "/rooms/ops/#42", tag: "chat.ops", app_badge: "3", data: { seq } },
});

test("a push is shown, and one that a page has shown already makes no sound", async () => {
  const self = worker();
  await self.push(pushed(42));
  const [{ title, body, silent, renotify, data }] = self.registration.shown;
  assert.deepEqual([title, body, silent, renotify, { ...data }], ["bob in Ops", "hello", false, true, { seq: 42, navigate: "/rooms/ops/#42" }]);
  assert.equal(self.badge, 3);
  await self.push(pushed(42));
  assert.equal(self.registration.shown[0].silent, true);
  await self.push(pushed(43));
  assert.equal(self.registration.shown[0].silent, false);
});

test("a click opens the room in the window that shows it, in another one, or in a new one", async () => {
  const window = (path) => ({ url: `https://chat.example.org${path}`, sent: [], focus: async () => {}, postMessage(it) { this.sent.push(it.navigate); } });
  const [home, ops] = [window("/"), window("/rooms/ops/")];
  await worker([home, ops]).click("/rooms/ops/#42");
  assert.deepEqual([home.sent, ops.sent], [[], ["https://chat.example.org/rooms/ops/#42"]]);
  await worker([home]).click("/rooms/ops/#42");
  assert.equal(home.sent.length, 1);
  const self = worker();
  await self.click("https://chat.example.org/rooms/ops/#42");
  assert.equal(self.opened, "https://chat.example.org/rooms/ops/#42");
  const other = worker();
  await other.click("https://elsewhere.example/");
  assert.equal(other.opened, undefined);
});
