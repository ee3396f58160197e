// SPDX-License-Identifier: Apache-2.0
// How far a wake or a way down has come: the phases as a strip, and a bar of the
// time it has taken against the time it usually takes.

import { h, keyed, setAttribute, show, stopTicking, tick } from "./dom.js";
import { duration, instant, now, roughly } from "./time.js";
import { PHASES, stepsOf } from "./words.js";

const FULL_AT = 0.94;	// what "as long as usual" fills; the rest is for longer than usual

function part(elapsed, usual) {
	if (!usual)
		return 0;
	const ratio = elapsed / usual;
	return ratio < 1 ? ratio * FULL_AT : FULL_AT + (1 - FULL_AT) * (1 - 1 / ratio);
}

function elapsedText(elapsed, usual) {
	const so = duration(elapsed);
	if (!usual)
		return `${so} so far`;
	const long = elapsed > usual * 1.5 ? ", longer than usual" : "";
	return `${so} · usually ${usual < 60_000 ? duration(usual) : roughly(usual)}${long}`;
}

function step([phase, name]) {
	return h("li", { data: { phase } }, h("span", { class: "step-name short" }, name),
		h("span", { class: "step-name long" }, PHASES[phase]));
}

export function createProgress(sky) {
	const steps = h("ol", { class: "steps" });
	const fill = h("span", { class: "fill" });
	const bar = h("div", { class: "bar", role: "progressbar", "aria-valuemin": "0",
		"aria-valuemax": "100" }, fill);
	const text = h("p", { class: "elapsed" });
	const element = h("div", { class: "progress", hidden: true }, bar, text, steps);

	function mark(order, phase) {
		const at = order.findIndex(([name]) => name === phase);
		[...steps.children].forEach((item, index) => {
			item.dataset.step = index < at ? "done" : index === at ? "now" : "ahead";
			setAttribute(item, "aria-current", index === at ? "step" : null);
		});
	}

	function advance(since, usual) {
		const elapsed = Math.max(0, now() - since);
		const done = part(elapsed, usual);
		fill.style.setProperty("--done", done.toFixed(3));
		setAttribute(bar, "aria-valuenow", usual ? Math.round(done * 100) : null);
		sky.rise(usual ? done : Math.min(0.9, elapsed / 60_000));
		return elapsedText(elapsed, usual);
	}

	return { element, update(server) {
		const moving = server.state === "waking" || server.state === "settling";
		show(element, moving);
		if (!moving) {
			stopTicking(text);
			return;
		}
		const waking = server.state === "waking";
		const order = stepsOf(server);
		keyed(steps, order, ([phase]) => phase, step);
		steps.dataset.count = order.length;
		mark(order, server.phase);
		const usual = waking ? server.usual_ms || 0 : 0;
		setAttribute(bar, "aria-label", `${waking ? "Waking" : "Sending to sleep"} ${server.name}`);
		bar.dataset.usual = usual ? "known" : "unknown";
		const since = instant(server.since) ?? now();
		tick(text, () => advance(since, usual));
	} };
}
