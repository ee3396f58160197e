// SPDX-License-Identifier: Apache-2.0
// Why a server failed, what it last said, and what to do about it.

import { h, setText, show } from "./dom.js";

const ADVICE = {
	lost: "roost keeps trying to reach it. If it stays so, look whether the game still runs, "
		+ "then send it to sleep and wake it again.",
	failed: "Read the last lines below, mend what they say (often the command, the directory or the "
		+ "memory in its declaration), then wake it again.",
	bare: "Check the command, the directory and the address in its declaration, then wake it again.",
};

function tailOf(server) {
	const tail = server.tail ?? [];
	return Array.isArray(tail) ? tail.join("\n") : String(tail).trimEnd();
}

export function createFailure() {
	const reason = h("p", { class: "reason" });
	const advice = h("p", { class: "advice" });
	const lines = h("pre", { class: "tail", tabindex: "0", role: "region", "aria-label": "Last lines" });
	const more = h("details", {}, h("summary", {}, "Its last lines"), lines);
	const element = h("div", { class: "failure", hidden: true }, reason, advice, more);
	return { element, update(server) {
		const failed = server.state === "failed" || server.state === "lost";
		show(element, failed);
		if (!failed)
			return;
		const tail = tailOf(server);
		setText(reason, server.reason || "No reason was given.");
		setText(lines, tail);
		show(more, tail !== "");
		setText(advice, server.state === "lost" ? ADVICE.lost : tail ? ADVICE.failed : ADVICE.bare);
	} };
}
