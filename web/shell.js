// SPDX-License-Identifier: Apache-2.0
// What is around every view: the name, where one can go, how well the page is
// connected, light or dark, and the way out.

import { announce, h, icon, setAttribute, setText, show } from "./dom.js";
import { others } from "./presence.js";
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

const NAMED = 3;

// "anna and ben are here too", "anna, ben and 4 more are here too"
function companyText(users) {
	const named = users.slice(0, users.length > NAMED + 1 ? NAMED : NAMED + 1);
	const more = users.length - named.length;
	const all = more > 0 ? [...named, `${more} more`] : named;
	const list = all.length > 1 ? `${all.slice(0, -1).join(", ")} and ${all.at(-1)}` : all[0];
	return `${list} ${users.length === 1 ? "is" : "are"} here too`;
}

// Who else looks at this page, as initials; their names for those who ask.
function createCompany() {
	const faces = h("span", { class: "faces", "aria-hidden": "true" });
	const words = h("span", { class: "visually-hidden" });
	const element = h("p", { class: "company", hidden: true }, faces, words);
	watch((what) => {
		if (what !== "presence")
			return;
		const users = others();
		show(element, users.length > 0);
		if (users.length === 0)
			return;
		element.title = companyText(users);
		setText(words, companyText(users));
		faces.replaceChildren(...users.slice(0, NAMED).map((user) =>
			h("span", { class: "face" }, [...user][0].toUpperCase())),
		...users.length > NAMED ? [h("span", { class: "face" }, `+${users.length - NAMED}`)] : []);
	});
	return element;
}

export function createShell({ onSignOut }) {
	const header = document.getElementById("top");
	const link = h("p", { class: "link", role: "status" }, h("span", { class: "dot" }), h("span"));
	const servers = h("a", { href: "#/", class: "to-servers" }, "Servers");
	const people = h("a", { href: "#/people" }, "People");
	const nav = h("nav", { "aria-label": "Main" }, servers, people);
	const company = createCompany();
	const userName = h("span");
	const user = h("a", { class: "user button plain", href: "#/you" }, icon("i-person"), userName);
	const theme = h("button", { type: "button", class: "button plain round theme" });
	const out = h("button", { type: "button", class: "button plain out", on: { click: onSignOut } },
		icon("i-out"), h("span", {}, "Sign out"));
	header.append(
		h("a", { href: "#/", class: "wordmark", "aria-label": "roost, all servers" },
			icon("i-roost", "wordmark-bird"), h("span", {}, "roost")),
		nav, h("div", { class: "top-end" }, company, link, user, theme, out));
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
