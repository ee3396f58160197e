// SPDX-License-Identifier: Apache-2.0
// What the page knows: who is signed in, the servers, and how well it is connected.
// The feed says when something changed; what it changed to is asked for again.

import * as api from "./api.js";
import { addPast, addSample, forgetSamples, lacksPast } from "./samples.js";

const REFRESH_AFTER = 120;	// one question for a burst of events
const REFRESH_EVERY = 10_000;	// counts and memory move without events
const INSTALL_EVERY = 1000;	// so does an installation

export const world = { me: null, servers: new Map(), loaded: false, link: "connecting" };

const listeners = new Set();

// Call back after every change with what changed: "servers", "players", "roster", "backups", "link", "presence", or
// "back" when the connection is there again and anything may have changed. Returns how to stop.
export function watch(listener) {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

export function changed(what) {
	for (const listener of [...listeners])
		listener(what);
}

export function setLink(link) {
	if (world.link === link)
		return;
	world.link = link;
	changed("link");
}

function keep(server) {
	world.servers.set(server.name, server);
	addSample(server);
	if (lacksPast(server))
		recall(server);
}

// The run as roost has kept it, from before this page was opened.
async function recall(server) {
	try {
		const [run] = api.listIn(await api.get(api.serverPath(server.name, "/runs?limit=1")), "runs");
		addPast(server, run);
		changed("servers");
	} catch {
		// The chart then begins now.
	}
}

export async function loadServers() {
	const list = api.listIn(await api.get("/v1/servers"), "servers");
	const names = new Set(list.map((server) => server.name));
	for (const name of [...world.servers.keys()]) {
		if (!names.has(name))
			drop(name);
	}
	for (const server of list)
		keep({ ...world.servers.get(server.name), ...server });
	world.loaded = true;
	changed("servers");
}

function drop(name) {
	world.servers.delete(name);
	forgetSamples(name);
}

export async function loadServer(name) {
	try {
		keep(await api.get(api.serverPath(name)));
	} catch (problem) {
		if (problem.status !== 404)
			throw problem;
		drop(name);
	}
	changed("servers");
}

// One question per server at a time; what changes meanwhile is asked once more.
const dirty = new Map();

function refresh(name) {
	const under = dirty.get(name);
	if (under) {
		under.again = true;
		return;
	}
	const state = { again: false };
	dirty.set(name, state);
	setTimeout(async () => {
		state.again = false;
		try {
			await loadServer(name);
		} catch {
			// The next event or the next round asks again.
		}
		dirty.delete(name);
		if (state.again)
			refresh(name);
	}, REFRESH_AFTER);
}

// What an event says by itself is shown at once.
export function heed(event) {
	const name = event.subject;
	if (!/^(server|player|backup|restore|roster|install)\./.test(event.type) || !name)
		return;
	const server = world.servers.get(name);
	const wanted = { "server.wake_requested": "up", "server.sleep_requested": "down" }[event.type];
	if (server && wanted) {
		keep({ ...server, wanted });
		changed("servers");
	} else if (server && event.type === "server.phase_changed") {
		const moved = server.state !== event.data.state;
		const first = moved || server.phase !== event.data.phase;
		keep({ ...server, state: event.data.state ?? server.state, phase: event.data.phase ?? "",
			since: moved ? event.time : server.since,
			phase_since: first ? event.time : server.phase_since });
		changed("servers");
	}
	if (event.type === "player.joined" || event.type === "player.left")
		changed("players");
	if (event.type === "roster.changed" || event.type === "server.declared")
		changed("roster");
	if (/^(backup|restore)\./.test(event.type))
		changed("backups");
	refresh(name);
}

export function startRefreshing() {
	const timer = setInterval(() => {
		const awake = [...world.servers.values()].some((server) => server.state !== "asleep");
		if (world.me && awake && !document.hidden)
			loadServers().catch(() => {});
	}, REFRESH_EVERY);
	const installs = setInterval(() => {
		for (const server of world.servers.values()) {
			if (world.me && server.install && !document.hidden)
				refresh(server.name);
		}
	}, INSTALL_EVERY);
	return () => {
		clearInterval(timer);
		clearInterval(installs);
	};
}

export function forgetEverything() {
	world.me = null;
	world.servers.clear();
	world.loaded = false;
	forgetSamples();
}
