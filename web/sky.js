// SPDX-License-Identifier: Apache-2.0
// The picture over a card: night while asleep, dawn while waking, day when ready,
// dusk on the way down, and a small bird on the branch for each player who is on.
// All of it is ornament; what it shows is said in words below it.

import { h, icon, keyed, svg } from "./dom.js";

const BIRDS_SHOWN = 12;
const POSES = { asleep: "bird-asleep", waking: "bird-awake", ready: "bird-singing",
	settling: "bird-awake", failed: "bird-ruffled", lost: "bird-away" };

// Scattered, but the same for the same name every time.
function* scatter(text) {
	let seed = 2166136261;
	for (const character of text)
		seed = Math.imul(seed ^ character.codePointAt(0), 16777619);
	for (;;) {
		seed = Math.imul(seed ^ (seed >>> 15), 2246822519) + 0x9e3779b9 | 0;
		yield (seed >>> 8) / 16777216;
	}
}

function stars(name) {
	const chance = scatter(name);
	const next = () => chance.next().value;
	const field = svg("svg", { class: "stars", viewBox: "0 0 600 120",
		preserveAspectRatio: "xMidYMin slice" });
	for (let i = 0; i < 46; i++)
		field.append(svg("circle", { cx: (next() * 600).toFixed(1), cy: (next() * 84).toFixed(1),
			r: (0.5 + next() * 0.9).toFixed(2), opacity: (0.35 + next() * 0.6).toFixed(2) }));
	return field;
}

function hills() {
	return svg("svg", { class: "hills", viewBox: "0 0 600 60", preserveAspectRatio: "none" },
		svg("path", { class: "far", d: "M0 34C70 12 130 14 200 27S330 44 410 25 540 14 600 28V60H0Z" }),
		svg("path", { class: "near", d: "M0 46C90 32 170 38 250 45S420 54 500 43 580 40 600 42V60H0Z" }));
}

function branch() {
	return h("span", { class: "branch" },
		svg("svg", { class: "bough", viewBox: "0 0 600 16", preserveAspectRatio: "none" },
			svg("path", { d: "M0 3C150 2 420 4 598 6.5C600 7.5 598 8.4 594 8.3C420 8 180 13 0 14Z" })),
		svg("svg", { class: "leaves", viewBox: "0 0 60 40" },
			svg("path", { d: "M4 20C14 18 22 12 26 4C36 8 36 20 24 24C16 26 8 24 4 20Z" }),
			svg("path", { d: "M20 22C32 20 42 22 50 30C42 38 28 36 20 22Z" })));
}

export function createSky(name) {
	const keeper = h("span", { class: "keeper" });
	const flock = h("span", { class: "flock" });
	const element = h("div", { class: "sky", "aria-hidden": "true" },
		["night", "dusk", "dawn", "day", "storm"].map((light) => h("span", { class: `light ${light}` })),
		stars(name), h("span", { class: "orb moon" }), h("span", { class: "orb sun" }), hills(),
		h("span", { class: "perch" }, branch(), keeper, flock));
	let pose = "";
	return {
		element,
		update(server) {
			const wanted = POSES[server.state] ?? "bird-awake";
			if (pose !== wanted)
				keeper.replaceChildren(icon(wanted, "bird"));
			pose = wanted;
			const online = server.state === "ready" ? server.players?.online ?? 0 : 0;
			const birds = Array.from({ length: Math.min(online, BIRDS_SHOWN) }, (_, index) => index);
			keyed(flock, birds, (index) => index,
				() => h("span", {}, icon("bird-small", "bird small")));
		},
		// How far the night is over, 0 to 1.
		rise(part) {
			element.style.setProperty("--rise", part.toFixed(3));
		},
	};
}
