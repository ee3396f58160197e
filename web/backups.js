// SPDX-License-Identifier: Apache-2.0
// Copies of a server's world: which are good, how far one has come, and what staff does with them.

import * as api from "./api.js";
import { confirmDialog, field, h, keyed, redraw, setAttribute, setText, show, tick, toast } from "./dom.js";
import { ago, full, instant, moment } from "./time.js";
import { bytes, plural, roleAtLeast } from "./words.js";
import { watch, world } from "./world.js";

const LOOK_EVERY = 1000;
const FEW = 8;

// What is under way, for people. Good and failed are said otherwise.
const STEPS = {
	waiting: "Waits for its turn",
	holding: "The game saves and holds still",
	packing: "Packing the world",
	committing: "Putting it into the store",
	verifying: "Reading it back, to be sure",
	removing: "Being removed",
};

const KINDS = { demand: "made by hand", sleep: "before it went to sleep", schedule: "on schedule",
	found: "found in its store" };

const POLICIES = {
	before_sleep: "It is backed up whenever it goes to sleep, and sleeps only once the backup was read back whole.",
	never: "Backups are made when somebody asks, or on schedule.",
};

function isUnderWay(backup) {
	return backup.state !== "good" && backup.state !== "failed";
}

// Of the world as it was then.
function madeAt(backup) {
	return instant(backup.packed_at) ?? instant(backup.made);
}

function contents(backup) {
	return [plural(backup.files, "file"), bytes(backup.bytes), `${bytes(backup.size)} stored`].join(", ");
}

// What somebody who restores it should know first.
function doubts(backup) {
	return [
		backup.doubtful ? "its last check failed" : "",
		backup.changed ? `${plural(backup.changed, "file")} changed while ${backup.changed === 1 ? "it was" : "they were"} read` : "",
		backup.missed ? `${plural(backup.missed, "thing")} could not be kept${backup.missed_first ? ` (${backup.missed_first})` : ""}` : "",
	].filter(Boolean).join("; ");
}

function progressBar(label) {
	return h("progress", { max: "1", "aria-label": label });
}

// Bytes of bytes where both are known; else a bar that only moves.
function drawProgress(bar, progress) {
	const known = progress && progress.expected > 0;
	setAttribute(bar, "value", known ? Math.min(1, progress.bytes / progress.expected) : null);
	setAttribute(bar, "title", progress ? bytes(progress.bytes) : null);
}

function restoreForm(server, backup, act) {
	const others = [...world.servers.keys()].sort();
	const to = h("select", { name: "to" }, others.map((name) =>
		h("option", { value: name, selected: name === server }, name === server ? `${name} (here)` : name)));
	const form = h("form", { class: "row-form" }, others.length > 1 ? field("Restore onto", to, "It has to be asleep.")
		: h("p", { class: "hint" }, "The server has to be asleep."), h("button", { class: "button primary" }, "Restore it"));

	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		const target = others.length > 1 ? to.value : server;
		const then = moment(madeAt(backup));
		const sure = await confirmDialog({ yes: "Restore", danger: true,
			title: target === server ? `Put ${target} back to ${then}?` : `Give ${target} the world of ${server}, ${then}?`,
			text: `The world ${target} has now is set aside, and kept until it has run well with the restored one.` });
		if (sure)
			act(async () => {
				await api.post(api.serverPath(server, `/backups/${backup.id}/restore`), target === server ? {} : { to: target });
				toast(`${target} is being restored.`);
			});
	});
	return form;
}

function backupItem(server, first, actAt) {
	const name = h("strong");
	const what = h("span", { class: "quiet" });
	const bar = progressBar("How far it is");
	const reason = h("p", { class: "form-error", hidden: true });
	const error = h("p", { class: "form-error", role: "alert", hidden: true });
	const doubt = h("p", { class: "quiet", hidden: true });
	const lock = h("button", { type: "button", class: "button small" });
	const check = h("button", { type: "button", class: "button small" }, "Check");
	const get = h("a", { class: "button small", download: true }, "Download");
	const away = h("button", { type: "button", class: "button small danger-quiet" });
	const buttons = h("div", { class: "row" }, get, check, lock, away);
	const summary = h("summary", { class: "button small" }, "Restore …");
	const restore = h("details", { class: "restore" }, summary);
	const element = h("li", { class: "backup" }, h("div", { class: "backup-head" }, name, what), bar, reason, doubt,
		buttons, restore, error);
	const path = api.serverPath(server, `/backups/${first.id}`);
	const act = (change) => actAt(change, error);
	let backup = first;

	get.href = `${path}/archive`;
	restore.append(restoreForm(server, first, act));
	lock.addEventListener("click", () => act(() => api.put(path, { locked: !backup.locked })));
	check.addEventListener("click", () => backup.checking || act(async () => {
		await api.post(`${path}/check`);
		toast("It is being read back whole.");
	}));
	away.addEventListener("click", async () => {
		const stop = isUnderWay(backup);
		if (stop || await confirmDialog({ title: "Remove this backup?", yes: "Remove", danger: true,
			text: `The world of ${moment(madeAt(backup))} cannot be brought back from it any more.` }))
			act(() => api.remove(path));
	});

	return { element, update(now) {
		const staff = roleAtLeast(world.me?.role, "staff");
		const good = now.state === "good";
		const busy = isUnderWay(now) || now.checking;
		backup = now;
		element.className = `backup is-${good ? "good" : isUnderWay(now) ? "busy" : "failed"}`;
		setText(name, good || isUnderWay(now) ? moment(madeAt(now)) : `Failed, ${moment(madeAt(now))}`);
		setAttribute(name, "title", full(madeAt(now)));
		tick(what, () => isUnderWay(now) ? STEPS[now.state] ?? now.state
			: [KINDS[now.kind], now.by && now.kind === "demand" ? `by ${now.by}` : "", good ? contents(now) : "",
				now.checking ? "being checked" : good && now.checked_at ? `checked ${ago(instant(now.checked_at))}` : "",
				now.locked ? "kept for good" : ""].filter(Boolean).join(" · "));
		show(bar, busy);
		drawProgress(bar, now.progress);
		setText(reason, now.reason ?? "");
		show(reason, Boolean(now.reason) && (!good || now.doubtful));
		setText(doubt, doubts(now));
		show(doubt, good && doubt.textContent !== "");
		setText(lock, now.locked ? "Keep no longer" : "Keep for good");
		setText(away, isUnderWay(now) ? "Cancel" : "Remove");
		for (const part of [get, check, lock, restore])
			show(part, good);
		for (const part of [get, check, lock, away, summary])	// a list of them is no help to who only hears it
			setAttribute(part, "aria-label", `${part.textContent}: backup of ${name.textContent}`);
		setAttribute(check, "aria-disabled", now.checking);
		show(away, !now.locked && now.state !== "removing");
		show(buttons, staff);
		show(restore, staff && good);
	} };
}

export function backupsPart(server) {
	const error = h("p", { class: "form-error", role: "alert", hidden: true });
	const policy = h("p", { class: "quiet" });
	const make = h("button", { type: "button", class: "button", hidden: true }, "Back up now");
	const note = h("p", { class: "quiet", role: "status" }, "Reading …");
	const underRestore = h("p");
	const bar = progressBar("How far the restore is");
	const restoring = h("div", { class: "restoring", role: "status", hidden: true }, underRestore, bar);
	const list = h("ul", { class: "backups-list" });
	const all = h("button", { type: "button", class: "button small", hidden: true });
	const element = h("section", { class: "panel", "aria-labelledby": "backups-title" },
		h("h2", { id: "backups-title" }, "Backups"), policy, h("div", { class: "row" }, make), error, restoring, note, list, all);
	const items = new WeakMap();
	let loaded = false;
	let whole = false;
	let known = [];
	let timer = 0;

	// What goes wrong is said where it was asked for.
	async function act(change, place = error) {
		show(place, false);
		try {
			await change();
			await load();
		} catch (problem) {
			setText(place, problem.message);
			show(place, true);
		}
	}

	function drawList() {
		const shown = whole ? known : known.filter((backup, index) => index < FEW || isUnderWay(backup) || backup.locked);
		redraw(list, () => keyed(list, shown, ({ id }) => id, (backup) => {
			const item = backupItem(server, backup, act);
			items.set(item.element, item);
			return item.element;
		}, (child, backup) => items.get(child).update(backup)), make);
		show(all, shown.length < known.length);
		setText(all, `Show all ${known.length} backups`);
	}

	function draw(answer) {
		known = api.listIn(answer, "backups").reverse();
		const restore = answer.restore?.step ? answer.restore : null;
		setText(policy, POLICIES[answer.policy] ?? "");
		setText(underRestore, restore ? `${restore.backup === null ? "A world" : `The world of ${restore.from}`} is being restored: ${restore.step}.` : "");
		show(restoring, Boolean(restore));
		drawProgress(bar, null);
		setText(note, "There is none yet.");
		show(note, known.length === 0);
		drawList();
		return Boolean(restore) || known.some((backup) => isUnderWay(backup) || backup.checking);
	}

	// What moves is looked at every second, as long as somebody looks at the page.
	async function load() {
		clearTimeout(timer);
		try {
			const moves = draw(await api.get(api.serverPath(server, "/backups")));
			if (moves && element.isConnected)
				timer = setTimeout(load, document.hidden ? 10 * LOOK_EVERY : LOOK_EVERY);
		} catch (problem) {
			setText(note, problem.message);
			show(note, true);
		}
	}

	all.addEventListener("click", () => {
		whole = true;
		drawList();
		list.children[FEW]?.querySelector("a, button")?.focus();
	});
	make.addEventListener("click", () => act(async () => {
		await api.post(api.serverPath(server, "/backups"));
	}));
	const stop = watch((what) => (what === "backups" || what === "back") && loaded && load());
	return { element, leave() {
		stop();
		clearTimeout(timer);
	}, update() {
		show(make, roleAtLeast(world.me?.role, "staff"));
		if (!loaded) {
			loaded = true;
			load();
		}
	} };
}
