// SPDX-License-Identifier: Apache-2.0
// The form that a template's variables make: for a new server, and for one that was made from it.
// What roost finds wrong is told at the field that it is about.

import * as api from "./api.js";
import { field, h, icon, setAttribute, setText, show, toast } from "./dom.js";
import { roleAtLeast } from "./words.js";
import { loadServers, watch, world } from "./world.js";

const NAME = { name: "name", title: "Name", required: true, type: "text",
	help: "What the server is called everywhere: a-z, 0-9 and -.", between: [1, 40] };

const HINTS = {
	secret: "The path of a file on roost's machine that holds it and that only its owner may read.",
	size: "Such as 512MiB or 2GiB.",
	duration: "Such as 90s, 15m or 2h.",
};

function boundsOf(variable) {
	if (!variable.between || variable.type === "text")
		return "";
	return `From ${variable.between[0]} to ${variable.between[1]}.`;
}

function hintOf(variable) {
	const bounds = variable.type === "number" ? boundsOf(variable) : "";
	return [variable.help, HINTS[variable.type], bounds].filter(Boolean)
		.map((text) => /[.!?]$/.test(text) ? text : `${text}.`).join(" ");
}

function inputOf(variable, value) {
	const shown = value === null || value === undefined ? "" : String(value);
	if (variable.type === "choice")
		return h("select", { name: variable.name }, variable.choices.map((choice) =>
			h("option", { value: choice, selected: choice === shown }, choice)));
	const input = h("input", { name: variable.name, autocomplete: "off", autocapitalize: "none",
		spellcheck: "false", value: shown });
	if (variable.type === "number" || variable.type === "port") {
		input.inputMode = "numeric";
		input.pattern = "-?[0-9]+";
	}
	if (variable.type === "text" && variable.between)
		input.maxLength = variable.between[1];
	input.required = variable.required && variable.type !== "text";
	return input;
}

// A box to tick, with what is agreed to when it is a licence.
function tickOf(variable, value, accept) {
	const input = h("input", { type: "checkbox", name: variable.name, checked: value === true || value === "true" });
	input.id = `tick-${variable.name}`;
	// The address of the licence behind its name says no more than the name.
	const hint = accept?.url && accept.url === variable.help ? "" : hintOf(variable);
	const link = accept?.url ? h("a", { href: accept.url, target: "_blank", rel: "noreferrer noopener" }, accept.title) : accept?.title;
	const label = accept ? ["I accept: ", link] : variable.title;
	if (hint)
		input.setAttribute("aria-describedby", `${input.id}-hint`);
	return { input, element: h("div", { class: "tick" }, input, h("label", { for: input.id }, label),
		hint ? h("small", { class: "hint", id: `${input.id}-hint` }, hint) : null) };
}

// One variable: its input, and a place for what is wrong with it.
function createField(variable, value, accept) {
	const error = h("p", { class: "field-error", role: "alert", hidden: true });
	error.id = `error-${variable.name}`;
	let input;
	let element;
	if (variable.type === "boolean") {
		({ input, element } = tickOf(variable, value, accept));
	} else {
		input = inputOf(variable, value);
		element = field(variable.title, input, hintOf(variable));
	}
	element.append(error);
	const hint = input.getAttribute("aria-describedby");
	return { variable, element, input,
		value: () => variable.type === "boolean" ? input.checked : input.value.trim(),
		tell(text) {
			setText(error, text ?? "");
			show(error, Boolean(text));
			setAttribute(input, "aria-invalid", text ? "true" : null);
			setAttribute(input, "aria-describedby", [text ? error.id : "", hint].filter(Boolean).join(" ") || null);
		} };
}

function isAsked(accept, fields) {
	return Object.entries(accept.when ?? {}).every(([name, wanted]) =>
		[wanted].flat().map(String).includes(String(fields.get(name)?.value() ?? "")));
}

// Empty is "not given": then the template's default counts, also when it changes.
function valuesOf(fields) {
	const values = {};
	for (const [name, one] of fields) {
		const value = one.value();
		if (name !== "name" && value !== "")
			values[name] = value;
	}
	return values;
}

function tellErrors(problem, fields, general) {
	const rest = [];
	for (const { pointer, detail } of problem.document.errors ?? []) {
		const name = /^\/(?:variables\/)?([a-z][a-z0-9_]*)$/.exec(pointer ?? "")?.[1];
		const one = pointer === "/name" || pointer?.startsWith("/variables/") ? fields.get(name) : null;
		if (one)
			one.tell(detail);
		else
			rest.push(`${pointer}: ${detail}`);
	}
	const at = [...fields.values()].find((one) => one.input.hasAttribute("aria-invalid"));
	at?.input.focus();
	if (!at || rest.length > 0)
		setText(general, rest.length ? rest.join(" ") : problem.message);
	show(general, !at || rest.length > 0);
}

/**
 * The form of a template (GET /v1/templates/NAME). `source` is what was written of a server
 * that is there; without it, a new one is made and its name asked for.
 */
function templateForm(template, { source, submit, done }) {
	const given = source?.variables ?? {};
	const general = h("p", { class: "form-error", role: "alert", hidden: true });
	const button = h("button", { class: "button primary" }, submit);
	const accepts = template.accepts ?? [];
	const fields = new Map();
	if (!source)
		fields.set("name", createField(NAME, "", null));
	for (const variable of template.variables)
		fields.set(variable.name, createField(variable,
			given[variable.name] ?? (variable.type === "port" && !source ? "" : variable.default),
			accepts.find((accept) => accept.variable === variable.name)));
	for (const one of fields.values())
		if (one.variable.type === "port" && !source)
			one.input.placeholder = `${one.variable.default}, or the next that is free`;
	const form = h("form", { class: "template-form", novalidate: true },
		[...fields.values()].map((one) => one.element), general, button);

	// A licence is asked for where it is needed.
	const arrange = () => {
		for (const accept of accepts)
			show(fields.get(accept.variable).element, isAsked(accept, fields));
	};
	form.addEventListener("change", arrange);
	arrange();

	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		const name = source?.name ?? fields.get("name").value();
		for (const one of fields.values())
			one.tell(null);
		show(general, false);
		if (!/^[a-z0-9-]{1,40}$/.test(name)) {
			fields.get("name").tell(name ? "Use 1 to 40 of a-z, 0-9 and - only." : "Give it a name.");
			fields.get("name").input.focus();
			return;
		}
		button.disabled = true;
		try {
			const body = { ...source, name, template: template.template, variables: valuesOf(fields) };
			done(name, await api.put(api.serverPath(name), body));
		} catch (problem) {
			tellErrors(problem, fields, general);
		} finally {
			button.disabled = false;
		}
	});
	return form;
}

function readTemplate(name) {
	return api.get(`/v1/templates/${encodeURIComponent(name)}`);
}

// ---- a new server ----

function choiceOf(template, choose) {
	const button = h("button", { type: "button", class: "choice", "aria-pressed": "false" },
		h("strong", {}, template.title), h("span", {}, (template.description ?? "").replace(/\s+/g, " ").split(/(?<=[.:]) /)[0].replace(/:$/, ".")));
	button.addEventListener("click", () => choose(template, button));
	return h("li", {}, button);
}

export function newServerView() {
	const note = h("p", { class: "quiet", role: "status" }, "Reading …");
	const list = h("ul", { class: "choices" });
	const title = h("h2", { tabindex: "-1" });
	const about = h("p", { class: "quiet" });
	const place = h("div");
	const form = h("section", { class: "panel wide", hidden: true, "aria-live": "polite" }, title, about, place);
	const element = h("main", { id: "main", class: "page" },
		h("a", { href: "#/", class: "button plain back" }, icon("i-back"), "All servers"),
		h("header", { class: "page-head" }, h("h1", { tabindex: "-1" }, "A new server")),
		h("p", { class: "quiet" }, "Which game is it? The rest is asked for below."), note, list, form);

	async function choose(summary, button) {
		for (const other of list.querySelectorAll(".choice"))
			other.setAttribute("aria-pressed", String(other === button));
		try {
			const template = await readTemplate(summary.template);
			setText(title, template.title);
			setText(about, template.description ?? "");
			place.replaceChildren(templateForm(template, { submit: "Make the server", done(name) {
				toast(`${name} is there. Wake it when you like.`);
				loadServers().catch(() => {});
				location.hash = `#/servers/${encodeURIComponent(name)}`;
			} }));
			show(form, true);
			place.querySelector("input")?.focus();
		} catch (problem) {
			setText(note, problem.message);
			show(note, true);
		}
	}

	async function load() {
		try {
			const templates = api.listIn(await api.get("/v1/templates"), "templates");
			list.replaceChildren(...templates.map((template) => choiceOf(template, choose)));
			setText(note, templates.length ? "" : "There are no templates.");
			show(note, templates.length === 0);
		} catch (problem) {
			setText(note, problem.message);
			show(note, true);
		}
	}
	load();
	return { element, title: "A new server", leave: watch((what) => what === "back" && !list.firstChild && load()) };
}

// ---- one that is there ----

export function settingsPart(name) {
	const intro = h("p", { class: "quiet" });
	const place = h("div");
	const element = h("section", { class: "panel", "aria-labelledby": "settings-title", hidden: true },
		h("h2", { id: "settings-title" }, "Settings"), h("details", {}, h("summary", {}, "Change its settings"), intro, place));
	let drawn = "";
	let typing = false;
	place.addEventListener("input", () => { typing = true; });

	async function draw(server) {
		try {
			const template = await readTemplate(server.template.name);
			setText(intro, `Made from ${template.title}. ${server.in_file
				? "It is declared in roost’s configuration file (roost.yaml), which wins with roost’s next start: change it there to keep it."
				: "What you change counts from its next start on."}`);
			place.replaceChildren(templateForm(template, { source: server.source, submit: "Save", done(_, answer) {
				typing = false;
				toast(answer.changed ? `Saved. It counts from the next start of ${name} on.` : "Nothing was changed.");
				loadServers().catch(() => {});
			} }));
		} catch (problem) {
			setText(intro, problem.message);
			drawn = "";	// asked for again with the next news of the server
		}
	}

	return { element, update(server) {
		const may = Boolean(server.source) && roleAtLeast(world.me?.role, "admin");
		show(element, may);
		const now = may ? JSON.stringify(server.source) : "";
		// What somebody is typing is not drawn over.
		if (now === drawn || typing)
			return;
		drawn = now;
		if (may)
			draw(server);
	} };
}
