// SPDX-License-Identifier: Apache-2.0
// Players (steps, filled) and memory (a line) over one run, each on its own scale.

import { h, setAttribute, setText, show, svg } from "./dom.js";
import { bytes, plural } from "./words.js";
import { clock, now } from "./time.js";

const WIDTH = 600;
const HEIGHT = 96;
const TOP = 6;

function maximum(points, key, least) {
	return points.reduce((most, point) => Math.max(most, point[key] ?? 0), least);
}

function scaleX(points, end) {
	const start = points[0].time;
	const span = Math.max(end - start, 1);
	return (time) => ((time - start) / span * WIDTH).toFixed(1);
}

function scaleY(most) {
	return (value) => (HEIGHT - value / most * (HEIGHT - TOP)).toFixed(1);
}

// Players come and go at once, so their line has steps.
function playersPath(points, end, most) {
	const x = scaleX(points, end);
	const y = scaleY(most);
	let path = `M0 ${HEIGHT}`;
	let last = 0;
	for (const point of points) {
		path += `H${x(point.time)}V${y(point.players ?? last)}`;
		last = point.players ?? last;
	}
	return `${path}H${WIDTH}V${HEIGHT}Z`;
}

function memoryPath(points, end, most) {
	const x = scaleX(points, end);
	const y = scaleY(most);
	const known = points.filter((point) => point.memory !== null);
	const line = known.map((point, index) =>
		`${index ? "L" : "M"}${x(point.time)} ${y(point.memory)}`).join("");
	return line && `${line}H${WIDTH}`;
}

function summary(points, mostPlayers, mostMemory) {
	const last = points.at(-1);
	const memory = mostMemory > 0 ? `; memory now ${bytes(last.memory ?? 0)}, at most ${bytes(mostMemory)}`
		: "";
	return `Since ${clock(points[0].time)}: ${plural(last.players ?? 0, "player")} now, `
		+ `at most ${mostPlayers}${memory}.`;
}

export function createChart() {
	const players = svg("path", { class: "players" });
	const memory = svg("path", { class: "memory", "vector-effect": "non-scaling-stroke" });
	const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none",
		role: "img" }, players, memory);
	const legendPlayers = h("span", { class: "key players" });
	const legendMemory = h("span", { class: "key memory" });
	const from = h("span");
	const element = h("figure", { class: "chart", hidden: true },
		h("figcaption", {}, legendPlayers, legendMemory), picture,
		h("div", { class: "axis", "aria-hidden": "true" }, from, h("span", {}, "now")));

	return { element, update(points) {
		const worth = points.some((point) => point.players > 0 || point.memory > 0);
		show(element, worth);
		if (!worth)
			return;
		const end = Math.max(now(), points.at(-1).time);
		const most = maximum(points, "players", 0);
		const mostMemory = maximum(points, "memory", 0);
		setAttribute(players, "d", playersPath(points, end, Math.max(most, 4)));
		setAttribute(memory, "d", memoryPath(points, end, Math.max(mostMemory * 1.15, 1)));
		setAttribute(picture, "aria-label", summary(points, most, mostMemory));
		setText(legendPlayers, `Players · at most ${most}`);
		setText(legendMemory, mostMemory > 0 ? `Memory · ${bytes(points.at(-1).memory ?? mostMemory)}` : "");
		show(legendMemory, mostMemory > 0);
		setText(from, clock(points[0].time));
	} };
}

// Players over a past run, as small as a word; its most stands beside it in words.
export function sparkline(points, end) {
	const most = maximum(points, "players", 0);
	if (most === 0)
		return null;
	return svg("svg", { class: "sparkline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
		preserveAspectRatio: "none", "aria-hidden": "true" },
	svg("path", { class: "players", d: playersPath(points, end, most) }));
}
