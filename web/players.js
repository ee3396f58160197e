// SPDX-License-Identifier: Apache-2.0
// Who is on a server and since when, who was there lately, and each visit of one of them.

import * as api from "./api.js";
import { h, icon, keyed, setAttribute, setText, show, tick } from "./dom.js";
import { ago, duration, full, instant, moment, now, roughly } from "./time.js";
import { plural } from "./words.js";
import { watch } from "./world.js";

const PAGE = 20;
const FEW = 8;
const COLUMNS = ["Came", "Went", "Played", "How it ended"];

// The first letter of a name, on a colour of its own: the same player looks the same everywhere.
function face(name) {
	let hash = 0;
	for (const character of name)
		hash = (hash * 31 + character.codePointAt(0)) % 360;
	const letter = [...name.replace(/^[.*_]+/, "")][0] ?? "?";
	const element = h("span", { class: "head", "aria-hidden": "true" }, letter.toUpperCase());
	element.style.setProperty("--hue", hash);
	return element;
}

function time(text, words) {
	const at = instant(text);
	return at === null ? "" : h("time", { datetime: text, title: full(at) }, words(at));
}

function visitRow(visit) {
	const came = instant(visit.login);
	const played = h("span");
	if (visit.logout === null)
		tick(played, () => `${duration(now() - came)} so far`);
	else
		setText(played, duration(visit.play_ms));
	const values = [time(visit.login, moment), visit.logout === null ? "is on" : time(visit.logout, moment), played,
		visit.how ?? ""];
	return h("tr", {}, values.map((value, index) => h("td", { class: index === 3 ? "text" : null, data: { label: COLUMNS[index] } },
		value)));
}

// The visits of one player, a page at a time.
function visitsPart(server, key, name) {
	const body = h("tbody");
	const table = h("table", { class: "runs", hidden: true, "aria-label": `Visits of ${name}` },
		h("thead", {}, h("tr", {}, COLUMNS.map((label) => h("th", { scope: "col" }, label)))), body);
	const note = h("p", { class: "quiet", role: "status" }, "Reading …");
	const more = h("button", { type: "button", class: "button small", hidden: true }, "Earlier visits");
	let before = null;

	async function load() {
		setAttribute(more, "aria-disabled", "true");
		try {
			const query = `?player=${encodeURIComponent(key)}&limit=${PAGE}${before ? `&before=${before}` : ""}`;
			const answer = await api.get(api.serverPath(server, `/sessions${query}`));
			const visits = api.listIn(answer, "sessions");
			const rows = visits.map(visitRow);
			body.append(...rows);
			if (before && rows[0]) {
				rows[0].tabIndex = -1;
				rows[0].focus();
			}
			before = visits.at(-1)?.id ?? null;
			show(table, body.children.length > 0);
			setText(note, body.children.length ? "" : "No visit is kept.");
			show(note, !body.children.length);
			show(more, Boolean(answer.more) && before !== null);
		} catch (problem) {
			setText(note, problem.message);
			show(note, true);
		}
		setAttribute(more, "aria-disabled", null);
	}

	more.addEventListener("click", () => more.ariaDisabled !== "true" && load());
	return { element: h("div", { class: "visits" }, table, note, more), load };
}

function playerItem(server, first) {
	const when = h("span", { class: "quiet" });
	const sum = h("span", { class: "quiet" });
	const name = h("strong");
	const summary = h("summary", {}, face(first.player), h("span", { class: "player-text" }, name, when), sum,
		icon("i-back", "icon turn"));
	const element = h("details", { class: "player" }, summary);
	let visits = null;
	let stand = "";

	element.addEventListener("toggle", () => {
		if (!element.open) {
			visits?.element.remove();
			visits = null;
			return;
		}
		visits = visitsPart(server, first.uuid ?? first.player, first.player);
		element.append(visits.element);
		visits.load();
	});
	return { element: h("li", {}, element), update(player) {
		const since = instant(player.since);
		element.classList.toggle("is-on", since !== null);
		setText(name, player.player);
		tick(when, () => since === null ? `last seen ${ago(instant(player.last_seen))}`
			: `on for ${roughly(now() - since)}`);
		setText(sum, player.sessions ? `${duration(player.play_ms)} in ${plural(player.sessions, "visit", "visits")}` : "");
		setAttribute(sum, "title", player.first_seen ? `first seen ${full(instant(player.first_seen))}` : null);
		// A visit began or ended: what is open is read anew.
		const latest = `${player.sessions} ${player.since}`;
		if (visits && stand !== latest) {
			visits.element.remove();
			visits = visitsPart(server, first.uuid ?? first.player, first.player);
			element.append(visits.element);
			visits.load();
		}
		stand = latest;
	} };
}

// Those who are on first, the longest first; then the others, last seen first.
function together(answer) {
	const on = new Map(api.listIn(answer, "players").filter(({ name }) => name).map((player) => [player.name, player.since]));
	const seen = (answer.seen ?? []).map((player) => ({ ...player, since: on.get(player.player) ?? null }));
	const known = new Set(seen.map(({ player }) => player));
	for (const [player, since] of on) {
		if (!known.has(player))
			seen.push({ player, since, sessions: 0 });
	}
	return seen.sort((a, b) => (a.since === null) - (b.since === null)
		|| (a.since === null ? instant(b.last_seen) - instant(a.last_seen) : instant(a.since) - instant(b.since)));
}

export function playersPart(server) {
	const list = h("ul", { class: "people-list" });
	const note = h("p", { class: "quiet", role: "status" }, "Reading …");
	const all = h("button", { type: "button", class: "button small", hidden: true });
	const element = h("section", { class: "panel", "aria-labelledby": "players-title" },
		h("h2", { id: "players-title" }, "Players"), note, list, all);
	const items = new WeakMap();
	let players = [];
	let whole = false;
	let stand = null;

	function draw() {
		const shown = whole ? players : players.filter((player, index) => player.since !== null || index < FEW);
		keyed(list, shown, (player) => player.uuid ?? player.player, (player) => {
			const item = playerItem(server, player);
			items.set(item.element, item);
			return item.element;
		}, (child, player) => items.get(child).update(player));
		show(all, shown.length < players.length);
		setText(all, `Show all ${players.length} players`);
	}

	async function load() {
		try {
			players = together(await api.get(api.serverPath(server, "/players")));
			setText(note, players.length ? "" : "Nobody has played yet, as far as the game tells.");
			show(note, players.length === 0);
			draw();
		} catch (problem) {
			setText(note, problem.message);
			show(note, true);
		}
	}

	all.addEventListener("click", () => {
		const before = list.children.length;
		whole = true;
		draw();
		list.children[before]?.querySelector("summary").focus();
	});
	const stop = watch((what) => (what === "players" || what === "back") && stand !== null && load());
	return { element, leave: stop, update(is) {
		const latest = `${is.state} ${(is.players?.names ?? []).join(" ")}`;
		if (stand !== latest)
			load();
		stand = latest;
	} };
}
