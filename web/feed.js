// SPDX-License-Identifier: Apache-2.0
// The live feed. The browser's EventSource comes back by itself after a lost
// connection and says where it was; after an answer that was not 200 it gives up
// for good, so then a new one is made here, from the last place seen.

import * as api from "./api.js";
import { announce } from "./dom.js";
import { EVENT_TYPES } from "./sentences.js";
import { world, setLink } from "./world.js";

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 20_000;
const BLINK = 1500;		// a connection that is back sooner was not worth a word
const REST_AFTER = 60_000;	// a hidden tab lets go: browsers allow six connections to one host

// "EPOCH:OFFSET" → {epoch, offset}; null when it is none.
export function place(id) {
	const match = /^(.+):(\d+)$/.exec(id ?? "");
	return match ? { epoch: match[1], offset: Number(match[2]) } : null;
}

export class Feed {
	// heard: {event(event), placed() once live, lost(word) after a gap, signedOut()}
	constructor(heard) {
		this.heard = heard;
		this.last = "";
		this.wait = FIRST_WAIT;
		this.source = null;
		this.retry = 0;
		this.blink = 0;
		this.rest = 0;
		this.closed = false;
		this.onOnline = () => this.again();
		this.onVisibility = () => this.rested(document.hidden);
		window.addEventListener("online", this.onOnline);
		document.addEventListener("visibilitychange", this.onVisibility);
		this.open();
	}

	open() {
		const query = this.last ? `?last_event_id=${encodeURIComponent(this.last)}` : "";
		const source = new EventSource(`/v1/events${query}`);
		this.source = source;
		source.addEventListener("error", () => this.failed(source));
		source.addEventListener("feed.position", (message) => this.placed(message));
		for (const type of EVENT_TYPES)
			source.addEventListener(type, (message) => this.received(message));
	}

	// roost says first where the stream goes on: behind our place, or after a loss somewhere else.
	placed(message) {
		const { verdict } = JSON.parse(message.data);
		const lost = Boolean(this.last) && /gap|epoch/.test(verdict);
		if (lost || !this.last)
			this.last = message.lastEventId;
		this.wait = FIRST_WAIT;
		clearTimeout(this.blink);
		this.blink = 0;
		if (world.link === "reconnecting")
			announce("Connected again.");
		setLink("live");
		if (lost)
			this.heard.lost(/gap/.test(verdict) ? "gap" : "epoch");
		this.heard.placed();
	}

	// Once per event, in order: what was seen before is not told again.
	received(message) {
		const at = place(message.lastEventId);
		const before = place(this.last);
		if (!at || before && at.epoch === before.epoch && at.offset <= before.offset)
			return;
		this.last = message.lastEventId;
		const event = JSON.parse(message.data);
		this.heard.event({ ...event, data: event.data ?? {} });
	}

	failed(source) {
		if (source !== this.source)
			return;
		this.blink ||= setTimeout(() => setLink("reconnecting"), BLINK);
		if (source.readyState !== EventSource.CLOSED)
			return;
		clearTimeout(this.retry);
		this.retry = setTimeout(() => this.again(), this.wait * (0.75 + Math.random() / 2));
		this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
	}

	async again() {
		if (this.closed || this.source?.readyState === EventSource.OPEN)
			return;
		this.source?.close();
		try {
			if (await api.whoAmI() === null) {
				this.heard.signedOut();
				return;
			}
		} catch {
			// Not there yet: the attempt below fails too and waits longer.
		}
		if (!this.closed)
			this.open();
	}

	rested(hidden) {
		clearTimeout(this.rest);
		if (hidden) {
			this.rest = setTimeout(() => {
				this.source?.close();
				this.source = null;
			}, REST_AFTER);
		} else if (!this.source) {
			this.open();
		}
	}

	close() {
		this.closed = true;
		window.removeEventListener("online", this.onOnline);
		document.removeEventListener("visibilitychange", this.onVisibility);
		for (const timer of [this.retry, this.blink, this.rest])
			clearTimeout(timer);
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
	return { events, before: answer.more ? place(answer.next)?.offset ?? 0 : 0 };
}
