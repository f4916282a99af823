// The service worker: shows pushes as notifications, and opens the room of one that is clicked. It stores nothing and
// answers no requests.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("push", (event) => event.waitUntil(show(event.data.json())));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(new URL(event.notification.data.navigate, self.location.origin)));
});

// A page may have shown the same message already, or a later one. Then this makes no sound: browsers require that each
// push shows something.
async function show({ notification, app_badge: badge }) {
  const { title, navigate, data, app_badge: _, ...options } = notification;
  const [before] = await self.registration.getNotifications({ tag: options.tag });
  const isNew = !(before?.data?.seq >= data.seq);
  await self.registration.showNotification(title, {
    ...options,
    data: { ...data, navigate },
    renotify: isNew,
    silent: !isNew,
  });
  if (badge !== undefined) {
    await self.navigator.setAppBadge?.(badge);
  }
}

// Use the window that shows the room, else any window of the site, else a new one.
async function open(address) {
  if (address.origin !== self.location.origin) {
    return;
  }
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const here = windows.find(({ url }) => new URL(url).pathname === address.pathname) ?? windows[0];
  if (!here) {
    await self.clients.openWindow(address.href);
    return;
  }
  await here.focus();
  here.postMessage({ navigate: address.href });
}
