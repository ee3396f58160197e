// SPDX-License-Identifier: Apache-2.0
// What is done with a server at set times: in words for everybody, and for admins what changes it.

import * as api from "./api.js";
import { confirmDialog, copyButton, field, h, icon, setText, show, tick, toast } from "./dom.js";
import { cronOf, DAY_NAMES, simple, words } from "./cron.js";
import { coming, full, instant, moment, now } from "./time.js";
import { roleAtLeast } from "./words.js";
import { loadServer, world } from "./world.js";

const VERBS = {
	wake: { icon: "i-sunrise", does: "wake", choice: "Wake it" },
	sleep: { icon: "i-moon", does: "sleep", choice: "Send it to sleep" },
	backup: { icon: "i-box", does: "back up its world", choice: "Back up its world" },
	command: { icon: "i-terminal", does: "send a line to its console", choice: "Send a line to its console" },
};
const MISSED = {
	skip: "Leave it out",
	once: "Do it as soon as roost is back, once",
};
const LABELS = { cron: "When", zone: "Time zone", line: "Line" };
const PREVIEW_AFTER = 350;
const LOOK_AFTER = 1500;	// a time has come: what is next?
const FIRST = { do: "wake", cron: "0 18 * * fri", missed: "skip" };

function ownZone() {
	return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

function allZones() {
	return Intl.supportedValuesOf?.("timeZone") ?? [];
}

// As declared, without what roost tells about it.
function bare({ cron, zone, do: verb, line, missed }) {
	return { cron, zone, do: verb, ...(verb === "command" ? { line } : {}), missed };
}

function isSame(a, b) {
	return JSON.stringify(bare(a)) === JSON.stringify(bare(b));
}

function does(schedule) {
	return schedule.do === "command" && schedule.line ? `send “${schedule.line}” to its console`
		: VERBS[schedule.do]?.does ?? schedule.do;
}

function title(schedule) {
	return `${words(schedule.cron) ?? schedule.cron}: ${does(schedule)}`;
}

function nextText(schedule) {
	const at = instant(schedule.next);
	if (!schedule.zone_known)
		return "never: roost’s machine does not know this time zone; roost doctor says how to mend it";
	if (at === null)
		return "not known yet";
	return `${at > now() ? coming(at) : "now"}${schedule.zone === ownZone() ? "" : " your time"}`;
}

function lastText({ last, missed }) {
	const then = missed === "once" ? "When missed, it is done as soon as roost is back" : "When missed, it is left out";
	if (!last)
		return `${then}.`;
	return `${then}. Last: ${moment(instant(last.due))}, ${last.done ? "done" : "not done"}.`;
}

function scheduleItem(schedule, act) {
	const next = tick(h("span", { title: schedule.next ? full(instant(schedule.next)) : null }),
		() => nextText(schedule));
	const cron = words(schedule.cron) ? null : h("span", { class: "quiet" }, "as cron has it");
	const text = h("div", { class: "schedule-text" }, h("strong", {}, title(schedule)),
		h("p", { class: schedule.zone_known ? null : "trouble" }, schedule.zone.replaceAll("_", " "), cron ? [", ", cron] : "", " · next ", next),
		h("p", { class: "quiet" }, lastText(schedule)));
	return h("li", { class: "schedule", data: { verb: schedule.do } },
		h("span", { class: "verb" }, icon(VERBS[schedule.do]?.icon ?? "i-bell")), text, act ? h("div", { class: "row" },
			button("Change", title(schedule), () => act.change(schedule)),
			button("Remove", title(schedule), () => act.remove(schedule), " danger-quiet")) : null);
}

function button(label, about, act, more = "") {
	const element = h("button", { type: "button", class: `button small${more}`, "aria-label": `${label}: ${about}` }, label);
	element.addEventListener("click", act);
	return element;
}

function select(name, choices, chosen) {
	return h("select", { name }, Object.entries(choices).map(([value, label]) =>
		h("option", { value, selected: value === chosen }, label)));
}

// ---- the form ----

function dayBoxes(chosen) {
	const boxes = DAY_NAMES.map((name, index) => h("input", { type: "checkbox", name: "day", value: index,
		"aria-label": name, checked: chosen.includes(index) }));
	const element = h("fieldset", { class: "weekdays" }, h("legend", {}, "On these days"),
		boxes.map((box, index) => h("label", {}, box, h("span", { "aria-hidden": "true" }, DAY_NAMES[index].slice(0, 3)))));
	return { element, value: () => boxes.flatMap((box, index) => box.checked ? [index] : []) };
}

function whenFields(schedule) {
	const plain = simple(schedule.cron);
	const mode = select("mode", { daily: "Every day", days: "On certain days", cron: "Otherwise, as cron has it" },
		!plain ? "cron" : plain.days.length === 7 ? "daily" : "days");
	const days = dayBoxes(plain && plain.days.length < 7 ? plain.days : [4]);
	const time = h("input", { type: "time", name: "time", required: true, value: plain?.time ?? "18:00" });
	const cron = h("input", { name: "cron", class: "mono", autocomplete: "off", autocapitalize: "none", spellcheck: "false",
		maxlength: "200", value: schedule.cron });
	const timeField = field("At", time);
	const cronField = field("Cron expression", cron, "Minute, hour, day of month, month, day of week: "
		+ "0 18 * * fri is Fridays at 18:00, */30 * * * * every half hour.");
	return { parts: [field("When", mode), days.element, timeField, cronField], arrange() {
		show(days.element, mode.value === "days");
		show(timeField, mode.value !== "cron");
		show(cronField, mode.value === "cron");
		time.required = mode.value !== "cron";
	}, value: () => mode.value === "cron" ? cron.value.trim()
		: cronOf({ time: time.value || "00:00", days: mode.value === "daily" ? [0, 1, 2, 3, 4, 5, 6] : days.value() }),
	problem: () => mode.value === "days" && days.value().length === 0 ? "Choose at least one day."
		: mode.value !== "cron" && !time.value ? "Say at what time." : mode.value === "cron" && !cron.value.trim() ? "Write the cron expression." : "" };
}

// What roost finds wrong with the schedule at this place of the list.
function reasonOf(problem, index) {
	const errors = (problem.document?.errors ?? []).filter(({ pointer }) => pointer?.startsWith(`/schedules/${index}`));
	if (errors.length === 0)
		return problem.message;
	return errors.map(({ pointer, detail }) => {
		const label = LABELS[pointer.split("/")[3]];
		return label ? `${label}: ${detail}.` : /twice/.test(detail) ? "The same schedule is there already." : `${detail}.`;
	}).join(" ");
}

function scheduleForm(path, heading, first, listWith) {
	const verb = select("do", Object.fromEntries(Object.entries(VERBS).map(([key, { choice }]) => [key, choice])), first.do);
	const line = h("input", { name: "line", class: "mono", maxlength: "1000", autocomplete: "off", autocapitalize: "none",
		spellcheck: "false", value: first.line ?? "" });
	const lineField = field("Line", line, "As you would type it at the console. Sent only while the server runs.");
	const when = whenFields(first);
	const zone = h("input", { name: "zone", list: "schedule-zones", autocomplete: "off", autocapitalize: "none",
		spellcheck: "false", required: true, value: first.zone ?? ownZone() });
	const zones = h("datalist", { id: "schedule-zones" }, allZones().map((name) => h("option", { value: name })));
	const missed = select("missed", MISSED, first.missed);
	const preview = h("p", { class: "quiet", role: "status" });
	const error = h("p", { class: "form-error", role: "alert", hidden: true });
	const save = h("button", { class: "button primary" }, "Save");
	const cancel = h("button", { type: "button", class: "button" }, "Cancel");
	const form = h("form", { class: "schedule-form", novalidate: true }, h("h2", { id: "schedule-form-title" }, heading),
		field("What happens", verb), lineField, when.parts, field("Time zone", zone, "Whose clock is meant."), zones,
		field("If roost was not running then", missed), preview, error, h("div", { class: "row end" }, cancel, save));
	const dialog = h("dialog", { class: "dialog schedule-dialog", "aria-labelledby": "schedule-form-title" }, form);
	let timer = 0;

	function value() {
		return bare({ cron: when.value(), zone: zone.value.trim(), do: verb.value, line: line.value.trim(), missed: missed.value });
	}

	function ownProblem() {
		return when.problem() || (zone.value.trim() ? "" : "Say which time zone is meant.")
			|| (verb.value === "command" && !line.value.trim() ? "Write the line that is to be sent." : "");
	}

	async function look() {
		const { schedules, index } = listWith(value());
		if (ownProblem())
			return setText(preview, "");
		try {
			const answer = await api.put(`${path}?dry_run=true`, { schedules });
			setText(preview, `Comes next ${nextText(answer.schedules[index])}.`);
		} catch (problem) {
			setText(preview, problem.status === 422 ? reasonOf(problem, index) : "");
		}
	}

	function arrange() {
		show(lineField, verb.value === "command");
		when.arrange();
		clearTimeout(timer);
		timer = setTimeout(look, PREVIEW_AFTER);
	}

	return new Promise((resolve) => {
		form.addEventListener("input", arrange);
		form.addEventListener("submit", async (event) => {
			event.preventDefault();
			const { schedules, index } = listWith(value());
			const wrong = ownProblem();
			setText(error, wrong);
			show(error, wrong !== "");
			if (wrong)
				return;
			save.disabled = true;
			try {
				await api.put(path, { schedules });
				dialog.close("saved");
			} catch (problem) {
				setText(error, reasonOf(problem, index));
				show(error, true);
			}
			save.disabled = false;
		});
		cancel.addEventListener("click", () => dialog.close());
		dialog.addEventListener("close", () => {
			clearTimeout(timer);
			dialog.remove();
			resolve(dialog.returnValue === "saved");
		});
		document.body.append(dialog);
		dialog.showModal();
		arrange();
	});
}

// ---- the panel ----

function yamlOf(name, schedules) {
	const rows = (schedules.length ? schedules : [{ ...FIRST, zone: ownZone() }]).map((schedule) => {
		const members = Object.entries(bare(schedule)).filter(([key, value]) => !(key === "missed" && value === "skip"));
		return `      - { ${members.map(([key, value]) => `${key}: ${/^[\w/+-]+$/.test(value) ? value : JSON.stringify(value)}`).join(", ")} }`;
	});
	return ["servers:", `  - name: ${name}`, "    # … what stands there already …", "    schedules:", ...rows].join("\n");
}

function filePart(name) {
	const code = h("code");
	const element = h("div", { class: "in-file", hidden: true },
		h("p", { class: "quiet" }, "This server is declared in roost’s configuration file (roost.yaml), so its schedules are "
			+ "changed there. Then let roost read the file again: ", h("code", {}, "systemctl reload roost"), ", or start it anew."),
		h("details", {}, h("summary", {}, "What to write there"), h("div", { class: "sample" },
			copyButton("the lines", () => code.textContent),
			h("pre", { tabindex: "0", role: "region", "aria-label": "Lines for the configuration file" }, code))));
	return { element, update(server) {
		show(element, Boolean(server.in_file) && roleAtLeast(world.me?.role, "admin"));
		setText(code, yamlOf(name, server.schedules));
	} };
}

export function schedulesPart(name) {
	const path = api.serverPath(name, "/schedules");
	const note = h("p", { class: "quiet", role: "status" }, "Reading …");
	const error = h("p", { class: "form-error", role: "alert", hidden: true });
	const list = h("ul", { class: "schedules-list" });
	const add = h("button", { type: "button", class: "button" }, "Add a schedule");
	const file = filePart(name);
	const row = h("div", { class: "row", hidden: true }, add);
	const element = h("section", { class: "panel", "aria-labelledby": "schedules-title" },
		h("h2", { id: "schedules-title" }, "Schedules"), note, list, error, row, file.element);
	let drawn = "";
	let timer = 0;

	const schedules = () => world.servers.get(name)?.schedules ?? [];

	// The list as it is now, with `value` in place of `old`, or behind them all.
	function listWith(old, value) {
		const all = schedules();
		const found = old ? all.findIndex((one) => isSame(one, old)) : -1;
		const index = found < 0 ? all.length : found;
		return { index, schedules: [...all.slice(0, index).map(bare), value, ...all.slice(index + 1).map(bare)] };
	}

	async function open(heading, first, old) {
		const from = document.activeElement;
		if (await scheduleForm(path, heading, first, (value) => listWith(old, value))) {
			toast("Saved.");
			await loadServer(name);
		}
		(from.isConnected ? from : add).focus();
	}

	async function remove(schedule) {
		if (!await confirmDialog({ title: "Remove this schedule?", yes: "Remove", danger: true, text: `${title(schedule)} (${schedule.zone}).` }))
			return;
		show(error, false);
		try {
			await api.put(path, { schedules: schedules().filter((one) => !isSame(one, schedule)).map(bare) });
			toast("Removed.");
			await loadServer(name);
		} catch (problem) {
			setText(error, problem.message);
			show(error, true);
		}
		add.focus();
	}

	const act = { change: (schedule) => open("Change this schedule", schedule, schedule), remove };
	add.addEventListener("click", () => open("Add a schedule", { ...FIRST, zone: ownZone() }, null));

	// When the first of them has come, what is next has changed.
	function lookAgain(all) {
		const soonest = Math.min(...all.map((one) => instant(one.next) ?? Infinity));
		clearTimeout(timer);
		if (soonest - now() < 86_400_000)
			timer = setTimeout(() => loadServer(name).catch(() => {}), Math.max(0, soonest - now()) + LOOK_AFTER);
	}

	return { element, leave() {
		clearTimeout(timer);
	}, update(server) {
		if (!server.schedules)
			return;
		const may = roleAtLeast(world.me?.role, "admin") && !server.in_file;
		const now = JSON.stringify([server.schedules, may]);
		show(row, may);
		file.update(server);
		if (now === drawn)
			return;
		drawn = now;
		setText(note, may ? "None yet. It can be woken on Friday evenings, for example, or backed up every night." : "There is none.");
		show(note, server.schedules.length === 0);
		list.replaceChildren(...server.schedules.map((one) => scheduleItem(one, may ? act : null)));
		lookAgain(server.schedules);
	} };
}
