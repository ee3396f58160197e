// SPDX-License-Identifier: Apache-2.0
// Players and memory over the present run of each server, for the chart. roost's
// own samples are taken when it gives them; the rest is what this page has seen,
// and the comings and goings the feed tells of.

import { instant, now } from "./time.js";

const POINTS_LIMIT = 720;
const APART = 4000;	// two points closer than this are one

const runs = new Map();	// server name → {run, points: [{time, players, memory}]}

function seriesOf(server) {
	const run = server.run?.id ?? "";
	let series = runs.get(server.name);
	if (!series || series.run !== run) {
		series = { run, points: [] };
		runs.set(server.name, series);
	}
	return series;
}

function number(value) {
	return typeof value === "number" && Number.isFinite(value) ? value : null;
}

// roost's own: [{time|at|t, players|online, memory_bytes|memory}].
function given(server) {
	return (server.samples ?? server.run?.samples ?? []).map((sample) => ({
		time: instant(sample.time ?? sample.at ?? sample.t),
		players: number(sample.players ?? sample.online),
		memory: number(sample.memory_bytes ?? sample.memory),
	})).filter((sample) => sample.time !== null);
}

export function addSample(server) {
	if (!server.run?.id || server.state === "asleep")
		return;
	const series = seriesOf(server);
	const from = given(server);
	if (from.length > 0)
		series.points = from;
	const players = number(server.players?.online);
	const memory = number(server.memory_bytes) || null;
	const last = series.points.at(-1);
	const time = now();
	if (last && time - last.time < APART && last.players === players)
		return;
	series.points.push({ time, players, memory });
	if (series.points.length > POINTS_LIMIT)	// halve the older half's resolution
		series.points = series.points.filter((_, index) =>
			index > POINTS_LIMIT / 2 || index % 2 === 0);
}

// The run from before this page was opened, as far as the feed knows it: counts by who came and went.
export function addPast(server, events) {
	const series = seriesOf(server);
	const first = series.points[0]?.time ?? now();
	const start = instant(server.run?.started_at);
	let online = 0;
	const past = [];
	for (const event of events) {
		const time = instant(event.time);
		if (time === null || (start && time < start) || time >= first)
			continue;
		if (event.type === "player.joined")
			online++;
		else if (event.type === "player.left")
			online = Math.max(0, online - 1);
		else if (event.type !== "server.ready")
			continue;
		past.push({ time, players: online, memory: null });
	}
	series.points = [...past, ...series.points];
}

export function samplesOf(server) {
	const series = runs.get(server.name);
	return series && series.run === (server.run?.id ?? "") ? series.points : [];
}

export function forgetSamples(name) {
	if (name === undefined)
		runs.clear();
	else
		runs.delete(name);
}
