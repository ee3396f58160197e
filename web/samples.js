// SPDX-License-Identifier: Apache-2.0
// Players and memory over the present run of each server, for the chart: what
// roost kept of it, and behind that what this page has seen since.

import { instant, now } from "./time.js";

const POINTS_LIMIT = 480;
const APART = 4000;	// two points closer than this are one, when nobody came or went

const runs = new Map();	// server name → {run, points: [{time, players, memory}]}

function seriesOf(server) {
	const run = server.run?.id ?? "";
	let series = runs.get(server.name);
	if (!series || series.run !== run) {
		series = { run, points: [], asked: false };
		runs.set(server.name, series);
	}
	return series;
}

function number(value) {
	return typeof value === "number" && Number.isFinite(value) ? value : null;
}

// As roost tells them: {t: ms since 1970, players, memory: bytes}. A memory of 0 is not known.
export function pointsOf(samples) {
	return (samples ?? []).map((sample) => ({ time: instant(sample.t),
		players: number(sample.players), memory: number(sample.memory) || null }))
		.filter((point) => point.time !== null);
}

// Whether roost's own samples of this run are still to be asked for; says yes once a run.
export function lacksPast(server) {
	if (!server.run?.id || server.state === "waking" || server.state === "asleep")
		return false;
	const series = seriesOf(server);
	const lacks = !series.asked;
	series.asked = true;
	return lacks;
}

export function addPast(server, run) {
	const series = seriesOf(server);
	if (run?.id !== series.run)
		return;
	const past = pointsOf(run.samples);
	const end = past.at(-1)?.time ?? 0;
	series.points = [...past, ...series.points.filter((point) => point.time > end)];
}

export function addSample(server) {
	if (!server.run?.id || server.state === "asleep" || server.state === "waking")
		return;
	const { points } = seriesOf(server);
	const players = number(server.players?.online);
	const memory = number(server.memory_bytes) || null;
	const last = points.at(-1);
	const time = now();
	if (last && time - last.time < APART && last.players === players)
		return;
	points.push({ time, players, memory });
	if (points.length > POINTS_LIMIT)	// every second one of the older half goes
		points.splice(0, points.length, ...points.filter((_, index) =>
			index > POINTS_LIMIT / 2 || index % 2 === 0));
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
