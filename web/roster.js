// SPDX-License-Identifier: Apache-2.0
// Who may play on a server, who operates it and who is banned; for staff, with what changes it.

import * as api from "./api.js";
import { confirmDialog, field, h, setText, show, toast } from "./dom.js";
import { full, instant, moment } from "./time.js";
import { roleAtLeast } from "./words.js";
import { watch, world } from "./world.js";

const POLICIES = {
	open: "Anybody may play who is not banned.",
	users: "Users who told their name in the game may play, and whoever is added here.",
	listed: "Only who is added here may play.",
};

// What the form can do to a player: the field, and what is said when it is done.
const ACTIONS = {
	whitelisted: ["May play", (name) => `${name} may play now.`],
	op: ["Operates the game", (name) => `${name} is an operator now.`],
	banned: ["Is banned", (name) => `${name} is banned.`],
};

function standing(player) {
	if (player.banned) {
		const until = instant(player.until);
		const lasts = until === null ? "" : [" until ", h("time", { datetime: player.until, title: full(until) }, moment(until))];
		return [h("strong", {}, "Banned"), lasts, player.reason ? `: ${player.reason}` : ""].flat();
	}
	return [player.op ? "Operator" : "May play", player.user ? " (a user of roost)" : ""];
}

export function rosterPart(server) {
	const error = h("p", { class: "form-error", role: "alert", hidden: true });
	const policy = h("p", { class: "quiet" });
	const note = h("p", { class: "quiet", role: "status" }, "Reading …");
	const body = h("tbody");
	const table = h("table", { hidden: true }, h("thead", {}, h("tr", {}, ["Player", "Standing"]
		.map((label) => h("th", { scope: "col" }, label)),
		h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, "Actions")))), body);
	const name = h("input", { name: "player", required: true, maxlength: "16", autocomplete: "off",
		autocapitalize: "none", spellcheck: "false", pattern: "\\.?[A-Za-z0-9_]+" });
	const action = h("select", { name: "action" }, Object.entries(ACTIONS).map(([value, [label]]) =>
		h("option", { value }, label)));
	const reason = h("input", { name: "reason", maxlength: "160", autocomplete: "off" });
	const why = field("Why", reason, "The player reads it.");
	const form = h("form", { class: "row-form", hidden: true }, field("Player", name), field("From now on", action), why,
		h("button", { class: "button primary" }, "Say so"));
	const element = h("section", { class: "panel", "aria-labelledby": "roster-title", hidden: true },
		h("h2", { id: "roster-title" }, "Who may play"), policy, form, error, note, table);
	let loaded = false;

	function path(player) {
		return api.serverPath(server, `/roster/${encodeURIComponent(player)}`);
	}

	async function attempt(change) {
		show(error, false);
		try {
			await change();
			await load();
			return true;
		} catch (problem) {
			setText(error, problem.message);
			show(error, true);
			return false;
		}
	}

	function button(label, about, change, danger = false) {
		const element = h("button", { type: "button", "aria-label": about,
			class: danger ? "button small danger-quiet" : "button small" }, label);
		element.addEventListener("click", () => attempt(change));
		return element;
	}

	function actions(player) {
		if (!roleAtLeast(world.me?.role, "staff"))
			return [];
		const put = (change) => () => api.put(path(player.name), change);
		if (player.banned)
			return [button("Lift the ban", `Lift the ban of ${player.name}`, put({ banned: false }))];
		return [
			player.op ? button("No operator", `Make ${player.name} no operator`, put({ op: false }))
				: button("Operator", `Make ${player.name} an operator`, put({ op: true })),
			button("Ban", `Ban ${player.name}`, async () => {
				if (await confirmDialog({ title: `Ban ${player.name}?`, yes: "Ban", danger: true,
					text: "They are turned away, and thrown out if they are on. The form above can say why." }))
					await api.put(path(player.name), { banned: true });
			}, true),
			player.user ? null : button("Take off", `Take ${player.name} off the list`, () => api.remove(path(player.name)), true),
		].filter(Boolean);
	}

	function row(player) {
		return h("tr", {}, h("td", { data: { label: "Player" } }, h("strong", {}, player.name)),
			h("td", { data: { label: "Standing" } }, h("span", {}, standing(player))),
			h("td", {}, actions(player).length ? h("div", { class: "row end" }, actions(player)) : null));
	}

	async function load() {
		try {
			const answer = await api.get(api.serverPath(server, "/roster"));
			const players = api.listIn(answer, "players");
			setText(policy, POLICIES[answer.policy] ?? "");
			body.replaceChildren(...players.map(row));
			show(table, players.length > 0);
			setText(note, players.length ? "" : "Nobody is on the list.");
			show(note, players.length === 0);
		} catch (problem) {
			setText(note, problem.message);
			show(note, true);
		}
	}

	const arrange = () => show(why, action.value === "banned");
	action.addEventListener("change", arrange);
	arrange();
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		const player = name.value.trim();
		const change = { [action.value]: true };
		if (action.value === "banned" && reason.value.trim())
			change.reason = reason.value.trim();
		const said = ACTIONS[action.value][1](player);
		if (await attempt(() => api.put(path(player), change))) {
			toast(said);
			form.reset();
			arrange();
			name.focus();
		}
	});
	const stop = watch((what) => what === "roster" && loaded && load());
	return { element, leave: stop, update(is) {
		const fits = is.game === "minecraft-java";
		show(element, fits);
		show(form, roleAtLeast(world.me?.role, "staff"));
		if (fits && !loaded) {
			loaded = true;
			load();
		}
	} };
}
