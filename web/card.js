// SPDX-License-Identifier: Apache-2.0
// One server as a card. It is built once and then only changed, so that focus,
// selection and what a screen reader is reading stay where they are.

import { copyButton, h, icon, keyed, setAttribute, setText, show, stopTicking, tick } from "./dom.js";
import { createChart } from "./chart.js";
import { createInstalling } from "./installing.js";
import { createProgress } from "./progress.js";
import { createSky } from "./sky.js";
import { createFailure } from "./failure.js";
import { bellPart } from "./push.js";
import { samplesOf } from "./samples.js";
import { peopleWaiting } from "./sentences.js";
import { coming, duration, full, instant, moment, now, roughly } from "./time.js";
import { GAMES, PHASES, STATES, roleAtLeast, wokenBy } from "./words.js";
import { mayBeWoken, mayBeSlept, sleep, wake } from "./wishes.js";
import { world } from "./world.js";

const TAKEN_PLACE = 800;
const CHIPS = { card: 6, detailed: 12 };	// players named on a card; the list on a server's page names all

function failedIn(server) {
	const phase = PHASES[server.failed_phase];
	return phase ? ` while ${phase.charAt(0).toLowerCase()}${phase.slice(1)}` : "";
}

// What is to be said beside the state, as a function of the time.
function nowText(server) {
	const since = instant(server.since);
	const lasted = () => (since === null ? "" : duration(now() - since));
	const phase = server.install ? "Installing the game" : PHASES[server.phase];
	switch (server.state) {
	case "asleep":
		if (server.wanted === "up")
			return () => "Asked to wake up";
		return () => since === null ? "Asleep" : `Asleep since ${moment(since)}`;
	case "ready":
		return () => `Ready for ${lasted()}${server.wanted === "down" ? ", soon to sleep" : ""}`;
	case "failed":
		return () => `Failed${failedIn(server)}${since === null ? "" : `, ${roughly(now() - since)} ago`}`;
	case "lost":
		return () => `Has not answered for ${lasted()}`;
	default:
		return () => `${phase ?? STATES[server.state]?.name ?? server.state}`
			+ (server.state === "settling" && server.wanted === "up" ? ", then it wakes again" : "");
	}
}

function playersText(server) {
	const { online, max } = server.players ?? {};
	if (server.state === "lost")
		return "Not known while it is out of reach";
	if (server.state !== "ready")
		return max > 0 ? `Room for ${max}` : "Nobody on";
	if (!online && server.players?.known === false)
		return "Not known: the game does not tell";
	if (!online)
		return max > 0 ? `Nobody on · room for ${max}` : "Nobody on";
	return max > 0 ? `${online} of ${max} on` : `${online} on`;
}

function playersOn(server) {
	return (server.players?.on ?? []).map((player) =>
		({ name: player.name, since: instant(player.since) }));
}

function playerChip(player) {
	const since = h("span", { class: "since" });
	const chip = h("li", { class: "chip" }, h("span", { class: "who" }, player.name), since);
	if (player.since !== null) {
		chip.title = `on since ${moment(player.since)}`;
		tick(since, () => roughly(now() - player.since));
	}
	return chip;
}

function sleepText(server) {
	const at = instant(server.sleeps_at);
	if (server.state !== "ready" || at === null)
		return null;
	return () => {
		const rest = at - now();
		const why = { max_duration: "its time is then up", min_players: "too few are on" };
		return rest <= 0 ? "any moment now"
			: `in ${roughly(rest)} (${moment(at)}), ${why[server.sleeps_why] ?? "if nobody comes"}`;
	};
}

const SCHEDULED = { wake: "Wakes", sleep: "Sleeps", command: "Is sent a command", backup: "Is backed up" };

function scheduleText(server) {
	const at = instant(server.next?.at);
	if (at === null)
		return null;
	return () => `${SCHEDULED[server.next.do] ?? server.next.do} ${at > now() ? coming(at) : "now"}`;
}

function fact(label, ...content) {
	const element = h("div", { class: "fact" }, h("dt", {}, label), h("dd", {}, content));
	return element;
}

function tickOrStop(element, textNow) {
	if (textNow)
		tick(element, textNow);
	else
		stopTicking(element);
}

function addressPart(nameNow) {
	const code = h("code", { class: "address" });
	const copy = copyButton("the address", () => code.textContent);
	const missing = h("span", { class: "quiet" }, "None yet. Give the server a name under ",
		h("code", {}, "hosts:"), " or a port under ", h("code", {}, "listen:"), ".");
	setAttribute(copy, "aria-label", `Copy the address of ${nameNow}`);
	const hint = h("small", { class: "hint" });
	const element = fact("Address", h("span", { class: "copyable" }, code, copy), missing, hint);
	return { element, update(server) {
		const text = server.address ?? "";
		setText(code, text);
		setText(hint, server.wake_on === "never" ? "Joining does not wake it."
			: "Join to wake it: you are let in once it is ready.");
		show(hint, server.state === "asleep" && text !== "");
		show(code.parentElement, text !== "");
		show(missing, text === "");
	} };
}

function playersPart(most) {
	const count = h("span");
	const names = h("ul", { class: "chips", "aria-label": "Players who are on" });
	const more = h("p", { class: "hint" });
	const held = h("span", { class: "held" });
	const element = fact("Players", count, held, names, more);
	return { element, update(server) {
		const players = server.state === "ready" ? playersOn(server) : [];
		setText(count, playersText(server));
		setText(held, peopleWaiting(server.held ?? 0));
		show(held, server.held > 0);
		const shown = players.length > most ? players.slice(0, most - 1) : players;	// never "and 1 more"
		keyed(names, shown, (player) => `${player.name} ${player.since}`, playerChip);
		show(names, players.length > 0);
		setText(more, `and ${players.length - shown.length} more`);
		show(more, shown.length < players.length);
	} };
}

function factsPart(name, detailed) {
	const address = addressPart(name);
	const players = playersPart(detailed ? CHIPS.detailed : CHIPS.card);
	const woken = h("span");
	const asleepAt = h("span");
	const wokenFact = fact("Woken", woken);
	const sleepFact = fact("Sleeps", asleepAt);
	const scheduled = h("span", { class: "quiet scheduled" });
	const scheduleFact = fact("Schedule", scheduled);
	const element = h("dl", { class: "facts" }, address.element, players.element, wokenFact, sleepFact,
		scheduleFact);
	return { element, update(server) {
		address.update(server);
		players.update(server);
		const by = server.state === "asleep" ? null : wokenBy(server.run);
		setText(woken, by ?? "");
		show(wokenFact, Boolean(by));
		const sleeps = sleepText(server);
		tickOrStop(asleepAt, sleeps);
		show(sleepFact, Boolean(sleeps));
		const next = scheduleText(server);
		tickOrStop(scheduled, next);
		setAttribute(scheduled, "title", next ? full(instant(server.next.at)) : null);
		show(scheduleFact, Boolean(next));
	} };
}

function actionsPart(server, detailed) {
	const wakeButton = h("button", { type: "button", class: "button primary wake" },
		icon("i-sunrise"), h("span", {}, "Wake"));
	const sleepButton = h("button", { type: "button", class: "button sleep" },
		icon("i-moon"), h("span", {}, "Sleep"));
	const more = detailed ? null : h("a", { class: "button plain more",
		href: `#/servers/${encodeURIComponent(server.name)}` }, "Details",
	h("span", { class: "visually-hidden" }, ` of ${server.name}`));
	setAttribute(sleepButton, "aria-label", `Send ${server.name} to sleep`);
	wakeButton.addEventListener("click", () => wake(server.name, wakeButton));
	let shownAt = 0;	// a double click on Wake must not hit the Sleep that takes its place
	sleepButton.addEventListener("click", (event) =>
		event.timeStamp - shownAt > TAKEN_PLACE && sleep(server.name, sleepButton));
	const element = h("div", { class: "actions" }, wakeButton, sleepButton, more);
	return { element, update(latest) {
		const label = latest.state === "failed" ? "Wake again" : "Wake";
		setText(wakeButton.lastElementChild, label);
		setAttribute(wakeButton, "aria-label", `${label}${label === "Wake" ? " " : ": "}${server.name}`);
		keepFocus(element, () => {
			show(wakeButton, mayBeWoken(latest));
			if (sleepButton.hidden)
				shownAt = performance.now();
			show(sleepButton, mayBeSlept(latest) && roleAtLeast(world.me?.role, "staff"));
		});
	} };
}

// A button that goes away hands its focus on, but never to its opposite.
function keepFocus(element, change) {
	const active = document.activeElement;
	change();
	if (element.contains(active) && active.hidden)
		(element.querySelector("a") ?? element.closest(".card").querySelector("h1")).focus();
}

function headPart(server, detailed) {
	const id = `server-${server.name}${detailed ? "-detail" : ""}`;
	const name = detailed ? h("h1", { id, class: "name", tabindex: "-1" }, server.name)
		: h("h2", { id, class: "name" },
			h("a", { href: `#/servers/${encodeURIComponent(server.name)}` }, server.name));
	const game = h("p", { class: "game" });
	const state = h("span", { class: "pill" });
	const element = h("header", { class: "card-head" }, h("div", {}, name, game), state);
	return { id, element, update(latest) {
		setText(game, [GAMES[latest.game] ?? latest.game, latest.version].filter(Boolean).join(" · "));
		setText(state, STATES[latest.state]?.name ?? latest.state ?? "");
	} };
}

export function createCard(server, { detailed = false } = {}) {
	const sky = createSky(server.name);
	const head = headPart(server, detailed);
	const nowLine = h("p", { class: "now" });
	const progress = createProgress(sky);
	const installing = createInstalling();
	const facts = factsPart(server.name, detailed);
	const failure = createFailure();
	const chart = createChart();
	const bells = bellPart(server.name);
	const actions = actionsPart(server, detailed);
	const element = h("article", { class: detailed ? "card detailed" : "card",
		"aria-labelledby": head.id }, h("div", { class: "card-inner" }, sky.element,
		h("div", { class: "card-body" }, head.element, nowLine, progress.element, installing.element, failure.element,
			facts.element, chart.element, bells.element, actions.element)));
	function update(latest) {
		element.dataset.state = latest.state;
		element.dataset.name = latest.name;
		element.dataset.phase = latest.phase ?? "";
		sky.update(latest);
		head.update(latest);
		tick(nowLine, nowText(latest));
		for (const part of [progress, installing, failure, facts, bells, actions])
			part.update(latest);
		chart.update(latest.state === "ready" || latest.state === "lost" || latest.state === "settling"
			? samplesOf(latest) : []);
	}
	update(server);
	return { element, update };
}
