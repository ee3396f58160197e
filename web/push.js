// SPDX-License-Identifier: Apache-2.0
// "Tell me when it is ready": what this browser is told while the page is closed. The
// service worker is registered, and the browser asked, only once somebody wants it.

import * as api from "./api.js";
import { announce, h, icon, keyed, setAttribute, setText, show, toast } from "./dom.js";
import { roleAtLeast } from "./words.js";
import { watch, world } from "./world.js";

// What roost knows of this browser; null while it is told nothing.
let known = null;
let busy = false;
const parts = new Set();

const REASONS = {
	insecure: "Notifications need an address that begins with https:// (or this very machine). "
		+ "Ask whoever runs roost to set that up.",
	iphone: "On an iPhone or iPad, first add this page to the Home Screen (Share, then “Add to "
		+ "Home Screen”), and open it from there.",
	missing: "This browser has no notifications for pages that are closed. A recent Firefox, "
		+ "Chrome, Edge or Safari has.",
	denied: "This browser does not let roost notify you. Allow notifications for this address in "
		+ "the browser’s settings, beside the address, then try again.",
};

// Why it cannot be, as a sentence; null when it can.
function obstacle() {
	if (!window.isSecureContext)
		return REASONS.insecure;
	if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window))
		return /iPhone|iPad/.test(navigator.userAgent) ? REASONS.iphone : REASONS.missing;
	return Notification.permission === "denied" ? REASONS.denied : null;
}

function redraw() {
	for (const part of [...parts])
		part.draw();
}

async function subscription() {
	const registration = await navigator.serviceWorker?.getRegistration("/");
	return registration?.pushManager?.getSubscription() ?? null;
}

async function load() {
	const mine = obstacle() ? null : await subscription();
	const answer = mine && await api.get("/v1/push");
	known = answer?.browsers.find((each) => each.endpoint === mine.endpoint) ?? null;
	redraw();
}

function sameKey(mine, key) {
	const bytes = new Uint8Array(mine.options.applicationServerKey ?? []);
	const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
	return text.replace(/=+$/, "") === key;
}

// Asks the person first, for browsers hear only those who were just clicked.
async function subscribe() {
	if (await Notification.requestPermission() !== "granted")
		throw new api.Problem(Notification.permission === "denied" ? REASONS.denied
			: "Nothing was changed: the browser was not allowed to notify you.");
	await navigator.serviceWorker.register("/sw.js");
	const registration = await navigator.serviceWorker.ready;
	const { public_key: key } = await api.get("/v1/push");
	let mine = await registration.pushManager.getSubscription();
	if (mine && !sameKey(mine, key)) {
		await mine.unsubscribe();	// it was for a roost whose record is lost
		mine = null;
	}
	try {
		return mine ?? await registration.pushManager.subscribe({ userVisibleOnly: true,
			applicationServerKey: key });
	} catch (error) {
		throw new api.Problem(`The browser’s push service did not take part (${error.message}). `
			+ "Check that you are online, then try again.");
	}
}

async function forget() {
	const mine = await subscription();
	const gone = known;
	known = null;
	if (gone)
		await api.remove(`/v1/push/${gone.id}`).catch((problem) => {
			if (problem.status !== 404)
				throw problem;
		});
	await mine?.unsubscribe();
}

// Make what this browser is told what `change` makes of it now. To be told more it must be subscribed.
async function alter(more, change) {
	if (busy)
		return false;
	const stands = obstacle();
	if (stands) {
		toast(stands, "bad");
		return false;
	}
	busy = true;
	redraw();
	try {
		const mine = await (more ? subscribe() : subscription());
		await load();
		const wanted = change({ servers: known?.servers ?? [], alerts: known?.alerts ?? false });
		if (!mine || wanted.servers.length === 0 && !wanted.alerts) {
			await forget();
		} else {
			const { endpoint, keys } = mine.toJSON();
			const there = wanted.servers.filter((each) => world.servers.has(each.name));
			known = await api.put("/v1/push", { endpoint, keys, servers: there, alerts: wanted.alerts });
		}
		return true;
	} catch (problem) {
		toast(problem.message, "bad");
		return false;
	} finally {
		busy = false;
		redraw();
	}
}

const wishFor = (name) => known?.servers.find((each) => each.name === name);

// kind: "once", "always" or null.
function wish(name, kind) {
	return alter(kind !== null, ({ servers, alerts }) => ({ alerts,
		servers: [...servers.filter((each) => each.name !== name), ...kind ? [{ name, kind }] : []] }));
}

// A switch that says what it does; its state is told by more than its colour.
function bell(label, className, onToggle) {
	const mark = h("span", { class: "mark", "aria-hidden": "true" });
	const words = h("span", {}, label);
	const button = h("button", { type: "button", class: `button small bell ${className}`, role: "switch",
		"aria-checked": "false" }, icon("i-bell"), words, mark);
	button.addEventListener("click", () =>
		button.getAttribute("aria-disabled") || onToggle(button.getAttribute("aria-checked") !== "true"));
	return { button, words, update(on) {
		setAttribute(button, "aria-checked", String(on));
		setAttribute(button, "aria-disabled", busy);
		setText(mark, on ? "✓" : "");
	} };
}

// The bell of one card. It leaves by itself with the card.
export function bellPart(name) {
	const ready = bell("Tell me when it is ready", "ready", async (on) => {
		if (await wish(name, on ? "once" : null))
			announce(on ? `You will be told when ${name} is ready.` : `You will not be told about ${name}.`);
	});
	const every = bell("Every time", "every", (on) => wish(name, on ? "always" : "once"));
	const element = h("div", { class: "bells", role: "group", "aria-label": `Notifications about ${name}` },
		ready.button, every.button);
	let seen = false;
	const part = { draw() {
		seen ||= element.isConnected;
		if (seen && !element.isConnected) {
			parts.delete(part);
			return;
		}
		const wished = wishFor(name);
		ready.update(Boolean(wished));
		every.update(wished?.kind === "always");
		show(every.button, Boolean(wished));
		show(element, window.isSecureContext);
	} };
	parts.add(part);
	part.draw();
	return { element, update: (server) => setText(ready.words,
		server.state === "ready" ? "Tell me when it is ready again" : "Tell me when it is ready") };
}

function waitedFor(each) {
	return h("li", {}, h("a", { href: `#/servers/${encodeURIComponent(each.name)}` }, each.name),
		each.kind === "always" ? ", every time" : ", once");
}

// What this browser is told, in full; and for staff, whether it is told about trouble.
export function notificationsPanel() {
	const why = h("p", { class: "quiet" });
	const list = h("ul", { class: "waited-for" });
	const trouble = bell("Tell me about trouble", "trouble", (on) =>
		alter(on, ({ servers }) => ({ servers, alerts: on })));
	const hint = h("small", { class: "hint" },
		"A start that failed, a crash, a full disk: what somebody should look at.");
	const alerts = h("div", {}, trouble.button, hint);
	const stop = h("button", { type: "button", class: "button small" }, "Tell this browser nothing more");
	stop.addEventListener("click", () => alter(false, () => ({ servers: [], alerts: false })));
	const element = h("section", { class: "panel", "aria-labelledby": "push-title" },
		h("h2", { id: "push-title" }, "Notifications in this browser"), why, list, alerts, stop);
	const part = { draw() {
		const servers = known?.servers ?? [];
		setText(why, obstacle() ?? (servers.length > 0
			? "Told when these are ready, also while this page is closed:"
			: "Told of nothing. The bell on a server’s card changes that: you are then told when it is "
				+ "ready, also while this page is closed."));
		keyed(list, servers, (each) => `${each.name} ${each.kind}`, waitedFor);
		show(list, servers.length > 0);
		trouble.update(Boolean(known?.alerts));
		show(alerts, !obstacle() && roleAtLeast(world.me?.role, "staff"));
		show(stop, known !== null);
	} };
	parts.add(part);
	part.draw();
	return { element, leave: () => parts.delete(part) };
}

// Somebody has signed in: what is this browser told already?
export function startPush() {
	known = null;
	load().catch(() => {});
}

// Who signs out is told nothing more here: the next one at this browser may be somebody else.
export async function stopPush() {
	if (known)
		await forget().catch(() => {});
	redraw();
}

// A wish for once is gone when it has come true.
const states = new Map();
watch((what) => {
	if (what !== "servers")
		return;
	let came = false;
	for (const { name, state } of world.servers.values()) {
		came ||= state === "ready" && states.get(name) !== "ready" && wishFor(name)?.kind === "once";
		states.set(name, state);
	}
	if (came)
		setTimeout(() => busy || load().catch(() => {}), 500);
});

navigator.serviceWorker?.addEventListener("message", (event) => {
	if (/^#\/servers\/[a-z0-9-]+$/.test(event.data?.show))
		location.hash = event.data.show;
});
