// SPDX-License-Identifier: Apache-2.0
// The last lines of a server's console, and a line to send to it. For staff.

import * as api from "./api.js";
import { field, h, setText, show } from "./dom.js";
import { followConsole } from "./link.js";
import { roleAtLeast } from "./words.js";
import { world } from "./world.js";

const HISTORY_LIMIT = 50;
const LINES_KEPT = 500;

// The arrow keys bring earlier lines back, as a shell does.
function remember(input) {
	const sent = [];
	let at = 0;
	input.addEventListener("keydown", (event) => {
		if (event.key !== "ArrowUp" && event.key !== "ArrowDown")
			return;
		event.preventDefault();
		at = Math.min(Math.max(at + (event.key === "ArrowUp" ? -1 : 1), 0), sent.length);
		input.value = sent[at] ?? "";
	});
	return (line) => {
		sent.push(line);
		if (sent.length > HISTORY_LIMIT)
			sent.shift();
		at = sent.length;
	};
}

export function createConsole(name) {
	const lines = h("pre", { class: "console", tabindex: "0", role: "log", "aria-live": "off",
		"aria-label": `Console of ${name}` });
	const input = h("input", { name: "line", autocomplete: "off", spellcheck: "false",
		autocapitalize: "none", maxlength: "1000", class: "mono" });
	const send = h("button", { class: "button" }, "Send");
	const error = h("p", { class: "form-error", role: "alert", hidden: true });
	const form = h("form", { class: "command" }, field("Send a line", input), send);
	const note = h("p", { class: "quiet" });
	const element = h("section", { class: "panel wide", "aria-labelledby": "console-title", hidden: true },
		h("h2", { id: "console-title" }, "Console"), note, lines, form, error);
	const keep = remember(input);
	let stop = null;
	let kept = [];		// {number, line}

	function draw() {
		const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 24;
		setText(lines, kept.map(({ line }) => line).join("\n"));
		show(lines, kept.length > 0);
		if (atEnd)
			lines.scrollTop = lines.scrollHeight;
	}

	let drawing = 0;	// a burst of lines is drawn once
	function drawSoon() {
		drawing ||= requestAnimationFrame(() => {
			drawing = 0;
			draw();
		});
	}

	const follower = {
		line(message) {
			if (message.number <= kept.at(-1)?.number)
				return;		// the tail had it
			kept.push(message);
			if (kept.length > LINES_KEPT)
				kept.shift();
			drawSoon();
		},
		// Lines are live from here on; what was before is asked for.
		async again() {
			kept = [];
			try {
				const { lines: tail, next } = await api.get(api.serverPath(name, "/console"));
				kept = [...tail.map((line, index) => ({ number: next - tail.length + index, line })),
					...kept.filter(({ number }) => number >= next)];
				draw();
			} catch {
				// What comes live is shown all the same.
			}
		},
	};

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
		setText(note, server.state === "ready" ? "What you send is told in the feed."
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
