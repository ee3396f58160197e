// SPDX-License-Identifier: Apache-2.0
// A server's console: the last lines, those that come, a search in them, and a line to send. For staff.

import { styled } from "./ansi.js";
import * as api from "./api.js";
import { copyButton, field, h, setAttribute, setText, show } from "./dom.js";
import { followConsole } from "./link.js";
import { plural, roleAtLeast } from "./words.js";
import { world } from "./world.js";

const HISTORY_LIMIT = 50;
const LINES_KEPT = 500;
const NEAR_THE_END = 24;	// pixels

// The arrow keys bring earlier lines back, as a shell does; what was being typed comes last.
function remember(input) {
	const sent = [];
	let at = 0;
	let typing = "";
	input.addEventListener("keydown", (event) => {
		if (event.key !== "ArrowUp" && event.key !== "ArrowDown")
			return;
		event.preventDefault();
		if (at === sent.length)
			typing = input.value;
		at = Math.min(Math.max(at + (event.key === "ArrowUp" ? -1 : 1), 0), sent.length);
		input.value = sent[at] ?? typing;
		input.setSelectionRange(input.value.length, input.value.length);
	});
	return (line) => {
		if (sent.at(-1) !== line)
			sent.push(line);
		if (sent.length > HISTORY_LIMIT)
			sent.shift();
		at = sent.length;
		typing = "";
	};
}

// The lines on the page: those of `kept`, each an element of its own, made once.
function createLines(name) {
	const element = h("pre", { class: "console", tabindex: "0", role: "log", "aria-live": "off",
		"aria-label": `Console of ${name}`, hidden: true });
	const drawn = [];		// {key, text, row}
	let wanted = "";

	function fits(line) {
		return line.text.toLowerCase().includes(wanted);
	}

	return { element,
		isAtEnd: () => element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_THE_END,
		toEnd: () => { element.scrollTop = element.scrollHeight; },
		draw(kept) {
			while (drawn.length > 0 && drawn[0].key !== kept[0]?.key)
				drawn.shift().row.remove();
			let same = 0;
			while (same < drawn.length && drawn[same].key === kept[same]?.key)
				same++;
			for (const { row } of drawn.splice(same))
				row.remove();
			for (const { key, text, ansi } of kept.slice(drawn.length)) {
				const line = { key, text, row: h("div", {}, text ? styled(ansi ?? text) : "\u200b") };
				show(line.row, fits(line));
				drawn.push(line);
				element.append(line.row);
			}
			show(element, drawn.length > 0);
		},
		// How many hold this text; the others are hidden.
		search(text) {
			wanted = text.toLowerCase();
			for (const line of drawn)
				show(line.row, fits(line));
			return drawn.filter(fits).length;
		},
		text: () => drawn.filter(fits).map(({ text }) => text).join("\n"),
	};
}

// What has come, in order, each once, and asked for what is missing when the link is made again.
function createFollower(name, onChange) {
	let kept = [];		// {key, number, text, ansi}
	let notes = 0;

	function add(line) {
		kept.push(line);
		if (kept.length > LINES_KEPT)
			kept.shift();
	}

	const last = () => kept.findLast(({ number }) => number !== undefined)?.number ?? 0;

	return {
		lines: () => kept,
		line({ number, line, ansi }) {
			if (number <= last())
				return;		// the tail had it
			add({ key: number, number, text: line, ansi });
			onChange();
		},
		// Lines are live from here on; what was before is asked for.
		async again() {
			const after = last();
			try {
				const tail = await api.get(api.serverPath(name, `/console?ansi=true&after=${after}`));
				if (tail.next <= after)
					kept = [];	// it counts anew
				const live = kept.filter(({ number }) => number > after);
				kept = kept.filter(({ number }) => !(number > after));
				if (tail.gap && kept.length > 0)
					add({ key: `note-${++notes}`, text: "… some lines are missing here …" });
				tail.lines.forEach((line, index) => {
					const number = tail.numbers[index];
					add({ key: number, number, ansi: line,
						text: line.replace(/\u001b\[[0-9;]*m/g, "") });
				});
				live.filter(({ number }) => number >= tail.next).forEach(add);
				onChange();
			} catch {
				// What comes live is shown all the same.
			}
		},
	};
}

function createTools(lines) {
	const input = h("input", { type: "search", autocomplete: "off", spellcheck: "false",
		autocapitalize: "none", placeholder: "Search these lines", "aria-label": "Search these lines" });
	const pause = h("button", { type: "button", class: "button small", "aria-pressed": "false" }, "Pause");
	const count = h("span", { class: "quiet found", role: "status" });
	return { input, pause, count, element: h("div", { class: "console-tools", role: "search" },
		input, h("div", { class: "row" }, count, pause, copyButton("these lines", lines.text))) };
}

export function createConsole(name) {
	const lines = createLines(name);
	const tools = createTools(lines);
	const input = h("input", { name: "line", autocomplete: "off", spellcheck: "false",
		autocapitalize: "none", maxlength: "1000", enterkeyhint: "send", class: "mono" });
	const send = h("button", { class: "button" }, "Send");
	const error = h("p", { class: "form-error", role: "alert", hidden: true });
	const form = h("form", { class: "command" }, field("Send a line", input), send);
	const note = h("p", { class: "quiet" });
	const newest = h("button", { type: "button", class: "button small newest", hidden: true });
	const element = h("section", { class: "panel wide", "aria-labelledby": "console-title", hidden: true },
		h("h2", { id: "console-title" }, "Console"), note, tools.element,
		h("div", { class: "console-frame" }, lines.element, newest), form, error);
	const keep = remember(input);
	let stop = null;
	let paused = false;
	let seen = null;		// the last line that was drawn

	function search() {
		const found = lines.search(tools.input.value);
		setText(tools.count, tools.input.value ? plural(found, "line", "lines") : "");
		lines.toEnd();
	}

	// Whoever has scrolled up reads on in peace, and is told how much is new.
	function tellNew(waiting) {
		show(newest, waiting > 0);
		if (waiting > 0)
			setText(newest, paused ? `${plural(waiting, "new line", "new lines")}: go on`
				: "To the newest line");
	}

	function draw() {
		const kept = follower.lines();
		const atEnd = lines.isAtEnd() || lines.element.hidden;
		if (paused) {
			const at = kept.findIndex(({ key }) => key === seen);
			tellNew(kept.length - 1 - at);
			return;
		}
		lines.draw(kept);
		seen = kept.at(-1)?.key;
		if (tools.input.value)
			setText(tools.count, plural(lines.search(tools.input.value), "line", "lines"));
		if (atEnd)
			lines.toEnd();
		tellNew(atEnd ? 0 : 1);
	}

	let drawing = 0;	// a burst of lines is drawn once
	function drawSoon() {
		drawing ||= requestAnimationFrame(() => {
			drawing = 0;
			draw();
		});
	}
	const follower = createFollower(name, drawSoon);

	function setPaused(now) {
		paused = now;
		setAttribute(tools.pause, "aria-pressed", String(now));
		setText(tools.pause, now ? "Go on" : "Pause");
		draw();
	}

	tools.pause.addEventListener("click", () => setPaused(!paused));
	tools.input.addEventListener("input", search);
	newest.addEventListener("click", () => {
		setPaused(false);
		lines.toEnd();
		tellNew(0);
	});
	lines.element.addEventListener("scroll", () => {
		if (!paused && lines.isAtEnd())
			tellNew(0);
	});

	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		const line = input.value.trim();
		if (!line)
			return;
		show(error, false);
		try {
			await api.post(api.serverPath(name, "/command"), { line });
			keep(line);
			input.value = "";
			lines.toEnd();
		} catch (problem) {
			setText(error, problem.message);
			show(error, true);
		}
		input.focus();
	});

	return { element, update(server) {
		const staff = roleAtLeast(world.me?.role, "staff");
		const running = server.state !== "asleep" && server.state !== "failed";
		show(element, staff && running);
		setText(note, server.state === "ready" ? "What you send is recorded, with your name: no passwords here."
			: "It is not ready yet; lines may be lost.");
		if (staff && running && !stop) {
			stop = followConsole(name, follower);
		} else if (!running && stop) {
			stop();
			stop = null;
		}
	}, leave() {
		stop?.();
		cancelAnimationFrame(drawing);
	} };
}
