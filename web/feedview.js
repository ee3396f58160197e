// SPDX-License-Identifier: Apache-2.0
// The feed as a list of sentences under the names of days, newest first: the last
// page of the record, what happens live on top of it, and older pages on demand.

import { announce, h, icon, keyed, show, tick, toast } from "./dom.js";
import { readBack } from "./feed.js";
import { saysNothingNew, sentenceOf } from "./sentences.js";
import { ago, clock, dayName, full, instant, now } from "./time.js";
import { plural } from "./words.js";
import { world } from "./world.js";

const KEPT = 600;
const RECENT = 3_600_000;	// told as "4 min ago"; the day stands above the rest

function entry(event) {
	const { picture, tone, parts } = sentenceOf(event);
	const time = instant(event.time) ?? 0;
	const when = h("time", { datetime: event.time, title: full(time) });
	tick(when, () => now() - time < RECENT ? ago(time) : clock(time));
	return h("li", { class: `entry ${tone}`, data: { type: event.type, id: event.id } },
		icon(picture),
		h("p", {}, parts.map((part) => part.strong ? h("strong", {}, part.strong) : h("span", {}, part))), when);
}

function byDay(events) {
	const days = [];
	for (const event of events) {
		const name = dayName(instant(event.time) ?? 0);
		if (days.at(-1)?.name !== name)
			days.push({ name, events: [] });
		days.at(-1).events.push(event);
	}
	return days;
}

function dayPart({ name }) {
	return h("section", { class: "day" }, h("h3", {}, name), h("ol", { class: "entries" }));
}

function serverFilter(onChange) {
	const select = h("select", { id: "feed-server", on: { change: () => onChange(select.value) } });
	const element = h("div", { class: "inline-field" },
		h("label", { for: select.id }, "Show"), select);
	return { element, update() {
		const names = ["", ...world.servers.keys()].sort();
		keyed(select, names, (name) => name,
			(name) => h("option", { value: name }, name || "all servers"));
	} };
}

export class FeedView {
	constructor({ server = "", heading = "What has happened" } = {}) {
		this.fixed = server;
		this.server = server;
		this.events = [];
		this.before = 0;	// offset that older pages lie before; 0 = there are none
		this.begun = false;
		this.days = h("div", { class: "days" });
		this.note = h("p", { class: "quiet", role: "status" });
		this.older = h("button", { type: "button", class: "button", hidden: true,
			on: { click: () => this.loadOlder() } }, "Load older");
		this.filter = server ? null : serverFilter((name) => this.choose(name));
		this.element = h("section", { class: "feed", "aria-labelledby": "feed-title" },
			h("header", { class: "section-head" }, h("h2", { id: "feed-title" }, heading),
				this.filter?.element), this.note, this.days, this.older);
		this.load();
	}

	async load() {
		const asked = this.server;
		this.note.textContent = this.events.length ? "" : "Reading the record …";
		try {
			const page = await readBack({ server: asked });
			if (asked !== this.server)
				return;
			if (!this.begun)	// later loads only fill in what is new
				this.before = page.before;
			this.begun = true;
			this.merge(page.events);
			this.note.textContent = "";
		} catch (problem) {
			this.note.textContent = problem.message;
		}
		this.draw();
	}

	// What came live while a page was under way is in both; ids tell them apart.
	merge(events) {
		const all = new Map([...this.events, ...events].map((event) => [event.id, event]));
		const at = (event) => Number(event.id.slice(event.id.lastIndexOf(":") + 1));
		this.events = [...all.values()].sort((a, b) => at(b) - at(a));
	}

	async loadOlder() {
		this.older.disabled = true;
		try {
			const page = await readBack({ server: this.server, before: this.before });
			this.merge(page.events);
			this.before = page.before;
			const done = this.before > 0 ? "" : " That is everything.";
			announce(`${plural(page.events.length, "older entry", "older entries")}.${done}`);
		} catch (problem) {
			toast(problem.message, "bad");
		}
		this.older.disabled = false;
		this.draw();
	}

	choose(name) {
		this.server = name;
		this.restart();
	}

	// After a gap, or in another record, nothing known still holds.
	restart() {
		this.events = [];
		this.before = 0;
		this.begun = false;
		this.draw();
		this.load();
	}

	add(event) {
		if (this.server && event.subject !== this.server)
			return;
		this.merge([event]);
		if (this.events.length > KEPT) {
			this.events.length = KEPT;
			this.before = Number(this.events.at(-1).id.split(":").at(-1));
		}
		this.note.textContent = "";
		this.draw();
	}

	draw() {
		this.filter?.update();
		const shown = this.events.filter((event) => !saysNothingNew(event));
		keyed(this.days, byDay(shown), (day) => day.name, dayPart, (element, day) =>
			keyed(element.lastElementChild, day.events, (event) => event.id, entry));
		show(this.older, this.before > 0);
		if (shown.length === 0 && !this.note.textContent)
			this.note.textContent = "Nothing yet. What happens from now on is told here.";
	}
}

