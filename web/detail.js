// SPDX-License-Identifier: Apache-2.0
// One server in full: its card, its console, its runs, its declaration, its feed.

import * as api from "./api.js";
import { copyButton, h, icon, keyed, setText, show } from "./dom.js";
import { backupsPart } from "./backups.js";
import { createCard } from "./card.js";
import { sparkline } from "./chart.js";
import { createConsole } from "./console.js";
import { FeedView } from "./feedview.js";
import { playersPart } from "./players.js";
import { rosterPart } from "./roster.js";
import { schedulesPart } from "./schedules.js";
import { settingsPart } from "./template.js";
import { pointsOf } from "./samples.js";
import { duration, full, instant, moment, now } from "./time.js";
import { bytes, plural, roleAtLeast, wokenBy } from "./words.js";
import { loadServer, watch, world } from "./world.js";

const COLUMNS = ["Began", "Lasted", "Ready after", "Woken", "Most on", "Memory", "Players over time"];

function runRow(run) {
	const started = instant(run.started_at);
	const ended = instant(run.ended_at);
	const ready = instant(run.ready_at);
	const crashes = run.restarts > 0 ? `, ${plural(run.restarts, "crash", "crashes")}` : "";
	const values = [
		h("time", { datetime: run.started_at, title: full(started) }, moment(started)),
		(ended === null ? `${duration(now() - started)} so far` : duration(ended - started)) + crashes,
		ready === null ? "never ready" : duration(ready - started),
		wokenBy(run) ?? "",
		run.peak_players === undefined ? "" : String(run.peak_players),
		run.peak_memory > 0 ? bytes(run.peak_memory) : "",
		sparkline(pointsOf(run.samples), ended ?? now()),
	];
	return h("tr", {}, values.map((value, index) => h("td", { class: index === 3 ? "text" : null,
		data: { label: COLUMNS[index] } }, value)));
}

function runsPart(name) {
	const body = h("tbody");
	const note = h("p", { class: "quiet", role: "status" }, "Reading …");
	const table = h("table", { class: "runs", hidden: true },
		h("thead", {}, h("tr", {}, COLUMNS
			.map((label) => h("th", { scope: "col" }, label)))), body);
	const element = h("section", { class: "panel", "aria-labelledby": "runs-title" },
		h("h2", { id: "runs-title" }, "Runs"), note, table);
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
				h("pre", { tabindex: "0", role: "region", "aria-label": "What was declared" }, text)),
			h("p", { class: "quiet" }, "Change it with ", h("code", {}, "roost apply -f FILE"), ".")));
	return { element, update(server) {
		const declared = server.spec ?? server.declaration ?? server.declared;
		show(element, Boolean(declared) && roleAtLeast(world.me?.role, "admin"));
		if (declared)
			setText(text, JSON.stringify(declared, null, 2));
	} };
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
	const players = playersPart(name);
	const roster = rosterPart(name);
	const schedules = schedulesPart(name);
	const backups = backupsPart(name);
	const runs = runsPart(name);
	const settings = settingsPart(name);
	const declaration = declarationPart();
	const feed = new FeedView({ server: name, heading: `What has happened on ${name}` });
	const rest = h("div", { class: "panels" }, players.element, terminal.element, roster.element, schedules.element, backups.element, runs.element, settings.element, declaration.element);
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
		for (const part of [players, terminal, roster, schedules, backups, settings, declaration])
			part.update(server);
		const latest = `${server.run?.id} ${server.state}`;
		if (run !== latest)
			runs.load();
		run = latest;
	}

	const stop = watch((what) => {
		if (what === "back")
			run = null;
		if (what === "servers" || what === "back")
			draw();
	});
	draw();
	loadServer(name).catch(() => {});
	return { element, title: name, feed, leave() {
		stop();
		players.leave();
		terminal.leave();
		roster.leave();
		schedules.leave();
		backups.leave();
	} };
}
