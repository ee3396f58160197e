// SPDX-License-Identifier: Apache-2.0
// One server in full: its card, its console, its runs, its declaration, its feed.

import * as api from "./api.js";
import { copyButton, h, icon, keyed, setText, show } from "./dom.js";
import { createCard } from "./card.js";
import { createConsole } from "./console.js";
import { FeedView } from "./feedview.js";
import { addPast } from "./samples.js";
import { readBack } from "./feed.js";
import { duration, full, instant, moment, now } from "./time.js";
import { BECAUSE, plural, roleAtLeast, wokenBy } from "./words.js";
import { changed, loadServer, watch, world } from "./world.js";

function runRow(run) {
	const started = instant(run.started_at);
	const ended = instant(run.ended_at);
	const ready = instant(run.ready_at);
	const lasted = ended !== null ? duration(ended - started) : `${duration(now() - started)} so far`;
	const why = run.ended_because ?? run.end_cause ?? run.outcome ?? run.reason ?? "";
	const cells = [
		["Began", h("time", { datetime: run.started_at, title: full(started) }, moment(started))],
		["Lasted", lasted],
		["Ready after", ready === null ? "never" : duration(ready - started)],
		["Woken", wokenBy(run) ?? ""],
		["Most on", run.players_max === undefined ? "" : String(run.players_max)],
		["Ended", ended === null ? "still up" : BECAUSE[why] ?? String(why)],
	];
	return h("tr", {}, cells.map(([label, value]) => h("td", { data: { label } }, value)));
}

function runsPart(name) {
	const body = h("tbody");
	const note = h("p", { class: "quiet", role: "status" }, "Reading …");
	const table = h("table", { class: "runs", hidden: true },
		h("thead", {}, h("tr", {}, ["Began", "Lasted", "Ready after", "Woken", "Most on", "Ended"]
			.map((label) => h("th", { scope: "col" }, label)))), body);
	const element = h("section", { class: "panel", "aria-labelledby": "runs-title" },
		h("h2", { id: "runs-title" }, "Earlier runs"), note, table);
	return { element, async load() {
		try {
			const runs = api.listIn(await api.get(api.serverPath(name, "/runs")), "runs")
				.filter((run) => instant(run.started_at) !== null)
				.sort((a, b) => instant(b.started_at) - instant(a.started_at)).slice(0, 50);
			body.replaceChildren(...runs.map(runRow));
			show(table, runs.length > 0);
			setText(note, runs.length ? "" : "It has never run.");
		} catch (problem) {
			setText(note, problem.message);
		}
	} };
}

function declarationPart() {
	const text = h("code");
	const element = h("section", { class: "panel", "aria-labelledby": "declaration-title", hidden: true },
		h("h2", { id: "declaration-title" }, "Declaration"),
		h("details", {}, h("summary", {}, "Show what was declared"),
			h("div", { class: "sample" }, copyButton("the declaration", () => text.textContent),
				h("pre", { tabindex: "0", role: "region", "aria-label": "Declaration" }, text)),
			h("p", { class: "quiet" }, "Change it with ", h("code", {}, "roost apply -f FILE"), ".")));
	return { element, update(server) {
		const declared = server.spec ?? server.declaration ?? server.declared;
		show(element, Boolean(declared) && roleAtLeast(world.me?.role, "admin"));
		if (declared)
			setText(text, JSON.stringify(declared, null, 2));
	} };
}

function whoPart() {
	const list = h("ul", { class: "who-list" });
	const count = h("p", { class: "quiet" });
	const element = h("section", { class: "panel", "aria-labelledby": "who-title", hidden: true },
		h("h2", { id: "who-title" }, "Who is waiting"), count, list);
	return { element, update(server) {
		const waiting = Array.isArray(server.waiting) ? server.waiting : [];
		show(element, waiting.length > 0);
		setText(count, plural(waiting.length, "player"));
		keyed(list, waiting, (player) => player.name ?? player,
			(player) => h("li", {}, player.name ?? player));
	} };
}

// The comings and goings of the present run, from the record, once.
async function recall(name) {
	const server = world.servers.get(name);
	if (!server?.run?.id || server.state === "asleep")
		return;
	const { events } = await readBack({ server: name, limit: 500 });
	addPast(server, events.reverse());
	changed("servers");
}

function missing(name) {
	return h("div", { class: "card empty" }, h("div", { class: "card-body" },
		h("h1", { tabindex: "-1" }, `There is no server called ${name}`),
		h("p", {}, "It may have been removed. ", h("a", { href: "#/" }, "See all servers"), ".")));
}

export function detailView(name) {
	const back = h("a", { href: "#/", class: "button plain back" }, icon("i-back"), "All servers");
	const place = h("div", { class: "detail-card" });
	const terminal = createConsole(name);
	const runs = runsPart(name);
	const who = whoPart();
	const declaration = declarationPart();
	const feed = new FeedView({ server: name, heading: `What has happened on ${name}` });
	const rest = h("div", { class: "panels" }, who.element, terminal.element, runs.element,
		declaration.element);
	const element = h("main", { id: "main", class: "page" }, back, place, rest, feed.element);
	let card = null;
	let run = null;

	function draw() {
		const server = world.servers.get(name);
		show(rest, Boolean(server));
		if (!server) {
			card = null;
			if (world.loaded)
				place.replaceChildren(missing(name));
			return;
		}
		if (!card)
			place.replaceChildren((card = createCard(server, { detailed: true })).element);
		card.update(server);
		for (const part of [terminal, who, declaration])
			part.update(server);
		const latest = `${server.run?.id} ${server.state}`;
		if (run !== latest)
			runs.load();
		run = latest;
	}

	const stop = watch((what) => what === "servers" && draw());
	draw();
	loadServer(name).then(() => recall(name)).catch(() => {});
	return { element, title: name, feed, leave() {
		stop();
		terminal.leave();
	} };
}
