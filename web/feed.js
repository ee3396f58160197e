// SPDX-License-Identifier: Apache-2.0
// The live feed. The browser's EventSource comes back by itself after a lost
// connection and says where it was; after an answer that was not 200 it gives up
// for good, so then a new one is made here, from the last place seen.

import * as api from "./api.js";
import { EVENT_TYPES } from "./sentences.js";
import { world, setLink } from "./world.js";

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 20_000;

// "EPOCH:OFFSET" → {epoch, offset}; null when it is none.
export function place(id) {
	const match = /^(.+):(\d+)$/.exec(id ?? "");
	return match ? { epoch: match[1], offset: Number(match[2]) } : null;
}

export class Feed {
	// heard: {event(event), lost(words), resumed()}
	constructor(heard) {
		this.heard = heard;
		this.last = "";
		this.wait = FIRST_WAIT;
		this.source = null;
		this.timer = 0;
		this.wasOpen = false;
		this.onOnline = () => this.again();
		window.addEventListener("online", this.onOnline);
		this.open();
	}

	open() {
		const query = this.last ? `?last_event_id=${encodeURIComponent(this.last)}` : "";
		const source = new EventSource(`/v1/events${query}`);
		this.source = source;
		source.addEventListener("open", () => this.opened());
		source.addEventListener("error", () => this.failed(source));
		source.addEventListener("message", (message) => this.received(message));
		for (const type of EVENT_TYPES)
			source.addEventListener(type, (message) => this.received(message));
		for (const word of ["feed.resumed", "resumed", "feed.gap", "gap", "feed.unknown_epoch",
			"unknown_epoch", "unknown epoch", "feed.position", "position"])
			source.addEventListener(word, (message) => this.told(word, message));
	}

	opened() {
		this.wait = FIRST_WAIT;
		setLink("live");
		if (this.wasOpen)
			this.heard.resumed();
		this.wasOpen = true;
	}

	// Once per event, in order: what was seen before is not told again.
	received(message) {
		const at = place(message.lastEventId);
		let event = null;
		try {
			event = JSON.parse(message.data);
		} catch {
			return;
		}
		const before = place(this.last);
		if (at && before && at.epoch === before.epoch && at.offset <= before.offset)
			return;
		if (at)
			this.last = message.lastEventId;
		if (event?.type)
			this.heard.event({ ...event, data: event.data ?? {} });
	}

	// How roost took up our place: resumed, with a gap, or in a record it does not know.
	told(word, message) {
		if (/gap|epoch/.test(word)) {
			this.last = message.lastEventId;
			this.heard.lost(/gap/.test(word) ? "gap" : "epoch");
		} else if (place(message.lastEventId)) {
			this.last ||= message.lastEventId;
		}
	}

	failed(source) {
		if (source !== this.source || !world.me)
			return;
		setLink("reconnecting");
		if (source.readyState !== EventSource.CLOSED)
			return;
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.again(), this.wait * (0.75 + Math.random() / 2));
		this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
	}

	async again() {
		if (!this.source || this.source.readyState === EventSource.OPEN)
			return;
		this.source.close();
		try {
			if (await api.whoAmI() === null) {
				this.heard.signedOut();
				return;
			}
		} catch {
			// Not there yet: the attempt below fails too and waits longer.
		}
		if (this.source)
			this.open();
	}

	close() {
		window.removeEventListener("online", this.onOnline);
		clearTimeout(this.timer);
		this.source?.close();
		this.source = null;
	}
}

const PAGE = 60;

// One page of the record, newest first: {events, before} where `before` asks for the next older one.
export async function readBack({ server = "", before = 0, limit = PAGE }) {
	const query = new URLSearchParams({ order: "desc", limit });
	if (server)
		query.set("server", server);
	if (before)
		query.set("before", before);
	const answer = await api.get(`/v1/events?${query}`);
	const events = api.listIn(answer, "events").map((event) => ({ ...event, data: event.data ?? {} }));
	const oldest = events.length ? place(events.at(-1).id)?.offset ?? 0 : 0;
	return { events, before: events.length >= limit && oldest > 1 ? oldest : 0 };
}
