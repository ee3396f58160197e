// SPDX-License-Identifier: Apache-2.0
// The page's one WebSocket (docs/realtime.md). It comes back by itself, each time a
// little later, asks first whether one is still signed in, and then says its
// subscriptions again. What it tells is given to whoever follows a channel.

import * as api from "./api.js";
import { setLink } from "./world.js";

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 20_000;
const BLINK = 1500;		// a connection that is back sooner was not worth a word
const REST_AFTER = 60_000;	// a hidden tab lets go; it resumes where it was
const PATIENCE = 20_000;

// heard: {welcome(message) on each connection, event(event), presence(message), signedOut()}
let heard = null;
let socket = null;
let welcomed = false;
let wait = FIRST_WAIT;
let number = 0;
let retry = 0;
let blink = 0;
let rest = 0;
const asked = new Map();	// id → {resolve, reject, timer}
const followed = new Map();	// console channel → Set of {line(message), again()}

function address() {
	const url = new URL("/v1/ws", location.href);
	url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
	return url;
}

function settle(id, how, value) {
	const question = asked.get(id);
	if (!question)
		return;
	asked.delete(id);
	clearTimeout(question.timer);
	question[how](value);
}

function answered(message) {
	if (message.ok) {
		settle(message.id, "resolve", message);
		return;
	}
	const problem = message.problem ?? {};
	settle(message.id, "reject",
		new api.Problem(problem.detail ?? problem.title ?? "roost refused.", message.status, problem));
}

function consoleLine(message) {
	for (const follower of followed.get(`console/${message.server}`) ?? [])
		follower.line(message);
}

async function welcome(message) {
	welcomed = true;
	wait = FIRST_WAIT;
	clearTimeout(blink);
	blink = 0;
	await heard.welcome(message);
	for (const [channel, followers] of followed)
		begin(channel, followers);
}

const tells = {
	welcome,
	answer: answered,
	event: (message) => heard.event(message.event),
	presence: (message) => heard.presence(message),
	console: consoleLine,
};

function received(from, data) {
	if (from !== socket)
		return;
	const message = JSON.parse(data);
	tells[message.type]?.(message);
}

function closed(from) {
	if (from !== socket)
		return;
	socket = null;
	welcomed = false;
	for (const id of [...asked.keys()])
		settle(id, "reject", new api.Problem("The connection to roost was lost. It is made again; then try once more."));
	blink ||= setTimeout(() => setLink("reconnecting"), BLINK);
	clearTimeout(retry);
	retry = setTimeout(again, wait * (0.75 + Math.random() / 2));
	wait = Math.min(wait * 2, LONGEST_WAIT);
}

function open() {
	const made = new WebSocket(address());
	socket = made;
	made.addEventListener("message", (event) => received(made, event.data));
	made.addEventListener("close", () => closed(made));
}

// A WebSocket that is refused does not say why; the API does.
async function again() {
	if (!heard || socket)
		return;
	try {
		if (await api.whoAmI() === null) {
			heard?.signedOut();
			return;
		}
	} catch {
		// Not there yet: the attempt below fails too and waits longer.
	}
	if (heard && !socket)
		open();
}

function letGo() {
	const old = socket;
	socket = null;
	welcomed = false;
	old?.close();
}

function rested() {
	clearTimeout(rest);
	if (document.hidden)
		rest = setTimeout(letGo, REST_AFTER);
	else
		again();
}

// Ask something of the protocol. Resolves to the answer; rejects with a Problem.
export function ask(action, members = {}) {
	return new Promise((resolve, reject) => {
		if (!welcomed) {
			reject(new api.Problem("roost cannot be reached just now; this page goes on trying."));
			return;
		}
		const id = ++number;
		const timer = setTimeout(() => settle(id, "reject",
			new api.Problem("roost did not answer in time. Try again.")), PATIENCE);
		asked.set(id, { resolve, reject, timer });
		socket.send(JSON.stringify({ action, id, ...members }));
	});
}

function begin(channel, followers) {
	ask("subscribe", { channels: [channel] })
		.then(() => followers.forEach((follower) => follower.again()))
		.catch(() => {});	// on the next connection, or never: it was taken away
}

// Lines of a server's console, live; `again` is called when they begin, also after a lost
// connection. Returns how to stop.
export function followConsole(server, follower) {
	const channel = `console/${server}`;
	const followers = followed.get(channel) ?? new Set();
	followers.add(follower);
	followed.set(channel, followers);
	if (welcomed)
		begin(channel, followers);
	return () => {
		followers.delete(follower);
		if (followers.size > 0)
			return;
		followed.delete(channel);
		ask("unsubscribe", { channels: [channel] }).catch(() => {});
	};
}

export function openLink(hears) {
	heard = hears;
	window.addEventListener("online", again);
	document.addEventListener("visibilitychange", rested);
	open();
}

export function closeLink() {
	heard = null;
	followed.clear();
	window.removeEventListener("online", again);
	document.removeEventListener("visibilitychange", rested);
	for (const timer of [retry, blink, rest])
		clearTimeout(timer);
	blink = 0;
	letGo();
}
