// SPDX-License-Identifier: Apache-2.0
// How far an installation is: which of its steps, and of a download how much.

import { h, setAttribute, setText, show } from "./dom.js";
import { bytes } from "./words.js";

function done(install) {
	const part = install.bytes_expected > 0 ? Math.min(1, install.bytes / install.bytes_expected) : 0;
	return install.steps > 0 ? Math.min(1, (install.step - 1 + part) / install.steps) : 0;
}

function size(install) {
	if (!install.bytes)
		return "";
	return install.bytes_expected > 0 ? `: ${bytes(install.bytes)} of ${bytes(install.bytes_expected)}`
		: `: ${bytes(install.bytes)}`;
}

export function createInstalling() {
	const fill = h("span", { class: "fill" });
	const bar = h("div", { class: "bar", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100",
		data: { usual: "known" } }, fill);
	const text = h("p", { class: "elapsed" });
	const element = h("div", { class: "progress installing", hidden: true }, text, bar);

	return { element, update({ name, install }) {
		show(element, Boolean(install));
		if (!install)
			return;
		const part = done(install);
		fill.style.setProperty("--done", part.toFixed(3));
		setAttribute(bar, "aria-valuenow", Math.round(part * 100));
		setAttribute(bar, "aria-label", `Installing ${name}`);
		setText(text, `Installing, step ${install.step} of ${install.steps}: ${install.title}${size(install)}`);
	} };
}
