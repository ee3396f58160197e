// SPDX-License-Identifier: Apache-2.0
// Users and tokens, for admins.

import * as api from "./api.js";
import { confirmDialog, copyButton, drawRows, field, h, setText, show, toast } from "./dom.js";
import { ago, full, instant } from "./time.js";
import { ROLES } from "./words.js";
import { watch, world } from "./world.js";

const PASSWORD_LEAST = 8;

function roleSelect(chosen) {
	return h("select", { name: "role" }, Object.entries(ROLES).map(([role, name]) =>
		h("option", { value: role, selected: role === chosen }, name)));
}

function when(text, never) {
	const time = instant(text);
	return time === null ? never : h("time", { datetime: text, title: full(time) }, ago(time));
}

function cell(label, ...content) {
	return h("td", { data: { label } }, content);
}

// A list with a form above it: reads, draws, and says what went wrong where it did.
function part({ id, title, intro, columns, form, path, name, row }) {
	const error = h("p", { class: "form-error", role: "alert", hidden: true });
	const note = h("p", { class: "quiet", role: "status" }, "Reading …");
	const body = h("tbody");
	const table = h("table", { hidden: true }, h("thead", {}, h("tr", {}, columns.map((column) =>
		h("th", { scope: "col" }, column || h("span", { class: "visually-hidden" }, "Actions"))))), body);
	const element = h("section", { class: "panel wide", "aria-labelledby": id },
		h("h2", { id }, title), h("p", { class: "quiet" }, intro), form, error, note, table);
	const self = { element, async load() {
		try {
			const list = api.listIn(await api.get(path), name);
			show(table, list.length > 0);
			drawRows(body, list, (item) => item.id ?? item.name, (item) => row(item, self), form.querySelector("input"));
			setText(note, list.length ? "" : "None yet.");
		} catch (problem) {
			setText(note, problem.message);
		}
	}, async attempt(action) {
		show(error, false);
		try {
			await action();
			await self.load();
			return true;
		} catch (problem) {
			setText(error, problem.message);
			show(error, true);
			return false;
		}
	} };
	return self;
}

function userRow(user, self) {
	const mine = user.name === world.me.user;
	const select = roleSelect(user.role);
	select.disabled = mine;
	select.setAttribute("aria-label", `Role of ${user.name}`);
	select.addEventListener("change", async () => {
		if (await self.attempt(() => api.put(userPath(user.name), { role: select.value })))
			toast(`${user.name} is now ${ROLES[select.value].toLowerCase()}.`);
		else
			select.value = user.role;
	});
	const removing = h("button", { type: "button", class: "button small danger-quiet",
		"aria-label": `Remove ${user.name}`, disabled: mine }, "Remove");
	removing.addEventListener("click", async () => {
		if (await confirmDialog({ title: `Remove ${user.name}?`, yes: "Remove", danger: true,
			text: "Their sessions and tokens end at once." }))
			await self.attempt(() => api.remove(userPath(user.name)));
	});
	return [cell("Name", h("span", {}, h("strong", {}, user.name), mine ? " (you)" : "")),
		cell("Role", select), cell("Made", when(user.created_at, "")),
		cell("Last signed in", when(user.signed_in_at ?? user.last_signed_in_at, "never")),
		cell("", removing)];
}

function userPath(name) {
	return `/v1/users/${encodeURIComponent(name)}`;
}

function usersPart() {
	const name = h("input", { name: "name", autocomplete: "off", required: true, maxlength: "64",
		autocapitalize: "none", spellcheck: "false" });
	const password = h("input", { name: "password", type: "password", autocomplete: "new-password",
		required: true, minlength: PASSWORD_LEAST });
	const role = roleSelect("player");
	const form = h("form", { class: "row-form" }, field("Name", name),
		field("Password", password, `At least ${PASSWORD_LEAST} characters.`), field("Role", role),
		h("button", { class: "button primary" }, "Add user"));
	const self = part({ id: "users-title", title: "Users", form, path: "/v1/users", name: "users",
		intro: "Players see and wake. Staff also send to sleep and use the console. Admins change everything.",
		columns: ["Name", "Role", "Made", "Last signed in", ""], row: userRow });
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		const body = { role: role.value, password: password.value };
		if (await self.attempt(() => api.put(userPath(name.value.trim()), body))) {
			toast(`${name.value.trim()} can sign in now.`);
			form.reset();
			name.focus();
		}
	});
	return self;
}

function tokenRow(token, self) {
	const label = token.label || token.name || token.id;
	const revoke = h("button", { type: "button", class: "button small danger-quiet",
		"aria-label": `Revoke ${label}` }, "Revoke");
	revoke.addEventListener("click", async () => {
		if (await confirmDialog({ title: `Revoke ${label}?`, yes: "Revoke", danger: true,
			text: "Programs that use it are refused at once." }))
			await self.attempt(() => api.remove(`/v1/tokens/${encodeURIComponent(token.id)}`));
	});
	return [cell("Label", h("strong", {}, label)), cell("User", token.user ?? ""),
		cell("Role", ROLES[token.role] ?? token.role ?? ""),
		cell("Made", when(token.created_at, "")), cell("Last used", when(token.used_at, "never")),
		cell("", revoke)];
}

// A new token is shown once: roost keeps only its hash.
function showToken(answer) {
	const secret = h("code", { class: "secret" }, answer.token ?? answer.secret ?? "");
	const dialog = h("dialog", { class: "dialog", "aria-labelledby": "token-title" },
		h("form", { method: "dialog" }, h("h2", { id: "token-title" }, "Here is the token"),
			h("p", {}, "Copy it now: it is shown this once and cannot be shown again."),
			h("p", { class: "copyable" }, secret, copyButton("the token", () => secret.textContent)),
			h("div", { class: "row end" }, h("button", { class: "button primary" }, "I have it"))));
	dialog.addEventListener("close", () => dialog.remove());
	document.body.append(dialog);
	dialog.showModal();
}

function tokensPart() {
	const label = h("input", { name: "label", required: true, maxlength: "64", autocomplete: "off" });
	const role = roleSelect("player");
	const form = h("form", { class: "row-form" },
		field("Label", label, "What will use it, so that you know it again."), field("Role", role),
		h("button", { class: "button primary" }, "Make token"));
	const self = part({ id: "tokens-title", title: "Tokens", form, path: "/v1/tokens", name: "tokens",
		intro: "For programs: they say “Authorization: Bearer roost_…” instead of signing in.",
		columns: ["Label", "User", "Role", "Made", "Last used", ""], row: tokenRow });
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		const body = { label: label.value.trim(), role: role.value };
		if (await self.attempt(async () => showToken(await api.post("/v1/tokens", body))))
			form.reset();
	});
	return self;
}

export function peopleView() {
	const users = usersPart();
	const tokens = tokensPart();
	const load = () => [users, tokens].forEach((each) => each.load());
	load();
	return { title: "People", leave: watch((what) => what === "back" && load()), element: h("main", { id: "main", class: "page" },
		h("header", { class: "page-head" }, h("h1", { tabindex: "-1" }, "People")),
		users.element, tokens.element) };
}
