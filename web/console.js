// SPDX-License-Identifier: Apache-2.0
// The last lines of a server's console, and a line to send to it. For staff.

import * as api from "./api.js";
import { field, h, setText, show } from "./dom.js";
import { roleAtLeast } from "./words.js";
import { world } from "./world.js";

const ASK_EVERY = 2000;
const HISTORY_LIMIT = 50;

function linesIn(answer) {
	const lines = answer?.lines ?? answer?.tail ?? answer;
	if (typeof lines === "string")
		return lines.split("\n");
	return Array.isArray(lines) ? lines.map((line) => line?.text ?? line?.line ?? String(line)) : [];
}

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
	let timer = 0;
	let unknown = false;	// this roost does not tell console lines

	function write(text) {
		const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 24;
		setText(lines, text);
		if (atEnd)
			lines.scrollTop = lines.scrollHeight;
	}

	async function ask() {
		if (document.hidden || unknown)
			return;
		try {
			write(linesIn(await api.get(api.serverPath(name, "/console"))).join("\n"));
		} catch (problem) {
			unknown = problem.status === 404 || problem.status === 405;
		}
		show(lines, lines.textContent !== "");
	}

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
			setTimeout(ask, 300);
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
		if (staff && running && !timer) {
			ask();
			timer = setInterval(ask, ASK_EVERY);
		} else if (!running && timer) {
			clearInterval(timer);
			timer = 0;
		}
	}, leave() {
		clearInterval(timer);
	} };
}
