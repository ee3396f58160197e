// SPDX-License-Identifier: Apache-2.0
// The part of the page that is there when the page is not: it shows what roost sends
// through the browser's push service, and opens the page when that is clicked. It keeps
// nothing and stands between nothing.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

function messageOf(event) {
	try {
		return event.data?.json() ?? {};
	} catch {
		return {};
	}
}

// Only ever a view of this page.
function viewOf(url) {
	const view = new URL(url ?? "/", self.location.origin);
	return view.origin === self.location.origin ? view : new URL("/", self.location.origin);
}

self.addEventListener("push", (event) => {
	const { title, body, tag, url } = messageOf(event);
	event.waitUntil(self.registration.showNotification(title ?? "Something happened", {
		body: body ?? "Open roost to see what.", tag: tag ?? "roost", renotify: true,
		icon: "/icon.svg", data: { url: viewOf(url).href } }));
});

async function open(view) {
	const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
	const page = pages.find((each) => each.focused) ?? pages[0];
	if (!page)
		return self.clients.openWindow(view.href);
	page.postMessage({ show: view.hash });
	return page.focus();
}

self.addEventListener("notificationclick", (event) => {
	event.notification.close();
	event.waitUntil(open(viewOf(event.notification.data?.url)));
});

async function ask(path, options = {}) {
	const response = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
	if (!response.ok)
		throw new Error(`${path}: ${response.status}`);
	return response.status === 204 ? null : response.json();
}

// The browser has changed its endpoint: what was asked for goes on at the new one.
async function move(before, after) {
	const { csrf } = await ask("/v1/me");
	const { browsers, public_key: key } = await ask("/v1/push");
	const known = browsers.find((each) => each.endpoint === before?.endpoint);
	if (!known)
		return;
	const fresh = after ?? await self.registration.pushManager.subscribe(
		{ userVisibleOnly: true, applicationServerKey: key });
	const { endpoint, keys } = fresh.toJSON();
	const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
	await ask("/v1/push", { method: "PUT", headers, body: JSON.stringify(
		{ endpoint, keys, servers: known.servers, alerts: known.alerts }) });
	await ask(`/v1/push/${known.id}`, { method: "DELETE", headers });
}

self.addEventListener("pushsubscriptionchange", (event) =>
	event.waitUntil(move(event.oldSubscription, event.newSubscription).catch(() => {})));
