// SPDX-License-Identifier: Apache-2.0
// Who may play on a server, who operates it and who is banned; for staff, with what changes it.

import * as api from "./api.js";
import { confirmDialog, copyButton, drawRows, field, h, setText, show, toast } from "./dom.js";
import { full, instant, later, now } from "./time.js";
import { roleAtLeast } from "./words.js";
import { watch, world } from "./world.js";

const REASON_LIMIT = 160;
const LOOK_EVERY = 8000;
const FEW = 12;

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
	address: ["Is banned, by address", (address) => `Nobody may play from ${address}.`],
};

const SOURCES = { game: "in the game", run: "until it sleeps", user: "a user of roost" };

// Because of what: said by somebody here, changed in the game, a user, or only for this run.
function source(row) {
	const words = SOURCES[row.source] ?? SOURCES[row.by] ?? (row.by ? `by ${row.by}` : "");
	return words ? h("span", { class: "quiet" }, ` · ${words}`) : "";
}

function until(row) {
	const end = instant(row.until);
	return end === null ? ""
		: [" until ", h("time", { datetime: row.until, title: full(end) }, later(end))];
}

function standing(player) {
	const is = player.banned ? [h("strong", {}, "Banned"), until(player), player.reason ? h("span", {}, `: ${player.reason}`) : ""]
		: [player.op ? "Operator" : "May play"];
	return [...is, source(player)].flat();
}

function actionCell(buttons) {
	return h("td", {}, buttons.length > 0 ? h("div", { class: "row-actions" }, buttons) : null);
}

async function askBan(name) {
	const reason = h("input", { maxlength: REASON_LIMIT, autocomplete: "off" });
	const sure = await confirmDialog({ title: `Ban ${name}?`, yes: "Ban", danger: true,
		text: "They are turned away, and thrown out if they are on.", ask: field("Why", reason, "The player reads it.") });
	return sure && { banned: true, ...reason.value.trim() ? { reason: reason.value.trim() } : {} };
}

export function rosterPart(server) {
	const error = h("p", { class: "form-error", role: "alert", hidden: true });
	const policy = h("p", { class: "quiet" });
	const note = h("p", { class: "quiet", role: "status" }, "Reading …");
	const trouble = h("p", { class: "form-error", hidden: true });
	const own = h("div", { class: "row", hidden: true });
	const body = h("tbody");
	const table = h("table", { class: "roster", hidden: true }, h("thead", {}, h("tr", {}, ["Player", "Standing"]
		.map((label) => h("th", { scope: "col" }, label)),
		h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, "Actions")))), body);
	const name = h("input", { name: "player", required: true, autocomplete: "off",
		autocapitalize: "none", spellcheck: "false" });
	const nameField = field("Player", name);
	const action = h("select", { name: "action" }, Object.entries(ACTIONS).map(([value, [label]]) =>
		h("option", { value }, label)));
	const reason = h("input", { name: "reason", maxlength: REASON_LIMIT, autocomplete: "off" });
	const why = field("Why", reason, "The player reads it.");
	const form = h("form", { class: "row-form", hidden: true }, nameField, field("From now on", action), why,
		h("button", { class: "button primary" }, "Save"));
	const all = h("button", { type: "button", class: "button small", hidden: true });
	const element = h("section", { class: "panel", "aria-labelledby": "roster-title", hidden: true },
		h("h2", { id: "roster-title" }, "Who may play"), policy, trouble, own, form, error, note, table, all);
	let rows = [];
	let whole = false;
	let loaded = false;
	let run = "";
	let offered = "";
	let lookedAt = 0;

	function path(player) {
		return api.serverPath(server, `/roster/${encodeURIComponent(player)}`);
	}

	async function attempt(change, again = true) {
		show(error, false);
		try {
			await change();
			if (again)
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
				const ban = await askBan(player.name);
				if (ban)
					await api.put(path(player.name), ban);
			}, true),
			player.user ? null : button("Remove", `Remove ${player.name} from the list`, () => api.remove(path(player.name)), true),
		].filter(Boolean);
	}

	// What is not on it is read from the account's name, so a wrong one is said beside it.
	function identity(player) {
		if (player.unknown)
			return h("div", { class: "uuid wrong" }, "no such Minecraft account");
		return player.uuid ? h("div", { class: "uuid quiet", title: "UUID" }, player.uuid) : null;
	}

	function addressRow(row) {
		const staff = roleAtLeast(world.me?.role, "staff");
		return [h("td", { data: { label: "Address" } }, h("strong", {}, row.address)),
			h("td", { data: { label: "Standing" } }, h("span", {}, standing(row))),
			actionCell(staff ? [button("Lift the ban", `Lift the ban of ${row.address}`, () =>
				api.post(api.serverPath(server, "/addresses"), { address: row.address, banned: false }))] : [])];
	}

	function say(...content) {
		const had = own.contains(document.activeElement);
		own.replaceChildren(...content);
		if (had)
			(own.querySelector("button") ?? name).focus();
	}

	// Who woke it may operate it: at once, or by a line in the game's chat.
	function offer(op, players) {
		const operator = players.find((player) => player.op && player.source === "run");
		const stand = !op?.mine ? "" : operator ? `as ${operator.name}` : "offered";
		show(own, stand !== "");
		if (stand === offered)
			return;
		offered = stand;
		if (stand !== "offered") {
			say(h("p", {}, operator ? `You operate the game as ${operator.name} until it sleeps.` : ""));
			return;
		}
		const atOnce = h("button", { type: "button", class: "button" }, "Become its operator now");
		atOnce.addEventListener("click", () => attempt(async () => {
			const player = await api.put(api.serverPath(server, "/op"), {});
			toast(`${player.name} operates it until it sleeps.`);
		}));
		const chat = h("button", { type: "button", class: "button" }, "Do it in the game’s chat");
		chat.addEventListener("click", () => attempt(async () => {
			const { say: line } = await api.post(api.serverPath(server, "/op"), {});
			say(h("p", {}, "Say this in the game’s chat; it counts once: ", h("code", {}, line)), copyButton("the line", () => line));
		}, false));
		say(h("p", {}, "You woke it, so you may operate the game until it sleeps. ",
			world.me.game_name ? "" : h("a", { href: "#/you" }, "First tell your name in the game.")), atOnce, chat);
	}

	function playerRow(player) {
		return [h("td", { data: { label: "Player" } }, h("div", {}, h("strong", {}, player.name), identity(player))),
			h("td", { data: { label: "Standing" } }, h("span", {}, standing(player))),
			actionCell(actions(player))];
	}

	function drawList() {
		const shown = whole ? rows : rows.slice(0, FEW);
		show(table, rows.length > 0);
		drawRows(body, shown, (row) => row.address ?? row.name,
			(row) => row.address ? addressRow(row) : playerRow(row), name);
		show(all, shown.length < rows.length);
		setText(all, `Show all ${rows.length} on the list`);
	}

	all.addEventListener("click", () => {
		whole = true;
		drawList();
		(body.children[FEW]?.querySelector("button") ?? name).focus();
	});

	async function load() {
		lookedAt = now();
		try {
			const answer = await api.get(api.serverPath(server, "/roster"));
			const players = api.listIn(answer, "players");
			const addresses = api.listIn(answer, "addresses");
			rows = [...players, ...addresses];
			setText(policy, POLICIES[answer.policy] ?? "");
			setText(trouble, answer.trouble ?? "");
			show(trouble, Boolean(answer.trouble));
			offer(answer.op, players);
			drawList();
			setText(note, "Nobody is on the list.");
			show(note, rows.length === 0);
		} catch (problem) {
			setText(note, problem.message);
			show(note, true);
		}
	}

	const arrange = () => {
		const byAddress = action.value === "address";
		show(why, byAddress || action.value === "banned");
		nameField.querySelector("label").textContent = byAddress ? "Address or network" : "Player";
		name.maxLength = byAddress ? 50 : 16;
		name.pattern = byAddress ? "[0-9A-Fa-f.:/]+" : "\\.?[A-Za-z0-9_]+";
	};
	action.addEventListener("change", arrange);
	arrange();
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		const player = name.value.trim();
		const byAddress = action.value === "address";
		const change = byAddress ? { address: player } : { [action.value]: true };
		if ((byAddress || action.value === "banned") && reason.value.trim())
			change.reason = reason.value.trim();
		const said = ACTIONS[action.value][1](player);
		if (await attempt(() => byAddress ? api.post(api.serverPath(server, "/addresses"), change) : api.put(path(player), change))) {
			toast(said);
			form.reset();
			arrange();
			name.focus();
		}
	});
	const stop = watch((what) => (what === "roster" || what === "back") && loaded && load());
	return { element, leave: stop, update(is) {
		const fits = is.game === "minecraft-java";
		show(element, fits);
		show(form, roleAtLeast(world.me?.role, "staff"));
		const running = is.run?.id ?? "";
		// Changes are told to staff as they happen; others look again now and then while it runs.
		const stale = running && !roleAtLeast(world.me?.role, "staff") && now() - lookedAt > LOOK_EVERY;
		if (fits && (!loaded || stale || running !== run)) {
			loaded = true;
			if (running !== run)
				offered = "";
			run = running;
			load();
		}
	} };
}
