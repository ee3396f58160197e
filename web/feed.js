// SPDX-License-Identifier: Apache-2.0
// The live feed: every event once, in order, also over lost connections, because
// each connection begins behind the last event seen.

import * as api from "./api.js";
import { announce } from "./dom.js";
import { ask, closeLink, openLink } from "./link.js";
import { came, forgetPresence, left, loadPresence } from "./presence.js";
import { changed, setLink, world } from "./world.js";

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
		this.begun = false;
		openLink({
			welcome: (message) => this.begin(message),
			event: (event) => this.received(event),
			presence: (message) => message.joined ? came(message.joined) : left(message.left),
			signedOut: () => heard.signedOut(),
		});
	}

	// Everything this user may see, behind the last event seen; from now on when there is none.
	async begin({ position }) {
		try {
			const answer = await ask("subscribe", { channels: ["feed"], after: this.last || position });
			this.placed(answer);
			await loadPresence();
		} catch {
			// The connection went away again; the next one begins anew.
		}
	}

	placed({ verdict, position }) {
		const lost = Boolean(this.last) && /gap|epoch/.test(verdict);
		if (lost || !this.last)
			this.last = position;
		if (world.link === "reconnecting")
			announce("Connected again.");
		setLink("live");
		if (lost)
			this.heard.lost(/gap/.test(verdict) ? "gap" : "epoch");
		this.heard.placed();
		if (this.begun)
			changed("back");
		this.begun = true;
	}

	// Once per event, in order: what was seen before is not told again.
	received(event) {
		const at = place(event.id);
		const before = place(this.last);
		if (!at || before && at.epoch === before.epoch && at.offset <= before.offset)
			return;
		this.last = event.id;
		this.heard.event({ ...event, data: event.data ?? {} });
	}

	close() {
		closeLink();
		forgetPresence();
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
