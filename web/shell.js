// SPDX-License-Identifier: Apache-2.0
// What is around every view: the name, where one can go, how well the page is
// connected, light or dark, and the way out.

import { announce, h, icon, setAttribute, setText, show } from "./dom.js";
import { ROLES, roleAtLeast } from "./words.js";
import { watch, world } from "./world.js";

const LINKS = {
	connecting: "Connecting …",
	live: "Live",
	reconnecting: "Connection lost, trying again …",
};

const THEMES = ["system", "light", "dark"];
const THEME_NAMES = { system: "as the system", light: "light", dark: "dark" };

function wireTheme(button) {
	const draw = () => {
		const theme = globalThis.theme.choice;
		const name = { system: "i-auto", light: "i-sun", dark: "i-moon" }[theme];
		button.replaceChildren(icon(name));
		setAttribute(button, "aria-label", `Colours: ${THEME_NAMES[theme]}. Change`);
		button.title = `Colours: ${THEME_NAMES[theme]}`;
	};
	button.addEventListener("click", () => {
		const next = THEMES[(THEMES.indexOf(globalThis.theme.choice) + 1) % THEMES.length];
		globalThis.theme.choose(next);
		draw();
		announce(`Colours: ${THEME_NAMES[next]}.`);
	});
	draw();
}

export function createShell({ onSignOut }) {
	const header = document.getElementById("top");
	const link = h("p", { class: "link", role: "status" }, h("span", { class: "dot" }), h("span"));
	const servers = h("a", { href: "#/", class: "to-servers" }, "Servers");
	const people = h("a", { href: "#/people" }, "People");
	const nav = h("nav", { "aria-label": "Main" }, servers, people);
	const userName = h("span");
	const user = h("a", { class: "user button plain", href: "#/you" }, icon("i-person"), userName);
	const theme = h("button", { type: "button", class: "button plain round theme" });
	const out = h("button", { type: "button", class: "button plain out", on: { click: onSignOut } },
		icon("i-out"), h("span", {}, "Sign out"));
	header.append(
		h("a", { href: "#/", class: "wordmark", "aria-label": "roost, all servers" },
			icon("i-roost", "wordmark-bird"), h("span", {}, "roost")),
		nav, h("div", { class: "top-end" }, link, user, theme, out));
	wireTheme(theme);

	function drawLink() {
		link.dataset.link = world.link;
		setText(link.lastElementChild, LINKS[world.link]);
	}
	watch((what) => what === "link" && drawLink());
	drawLink();

	return { update(hash) {
		const me = world.me;
		for (const element of [nav, link, user, out])
			show(element, Boolean(me));
		if (!me)
			return;
		setText(userName, me.user);
		setAttribute(user, "aria-label", `${me.user}: your account`);
		user.title = ROLES[me.role] ?? me.role;
		setAttribute(user, "aria-current", hash === "#/you" ? "page" : null);
		show(people, roleAtLeast(me.role, "admin"));
		setAttribute(people, "aria-current", hash === "#/people" ? "page" : null);
		setAttribute(servers, "aria-current", ["#/people", "#/you"].includes(hash) ? null : "page");
	} };
}
