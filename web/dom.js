// SPDX-License-Identifier: Apache-2.0
// Building the page out of elements. Data only ever becomes text nodes and
// attribute values here: nothing in this page parses data as HTML.

const SVG = "http://www.w3.org/2000/svg";

function assign(element, properties) {
	for (const [name, value] of Object.entries(properties ?? {})) {
		if (value === undefined || value === null || value === false)
			continue;
		if (name === "on") {
			for (const [event, listener] of Object.entries(value))
				element.addEventListener(event, listener);
		} else if (name === "data") {
			Object.assign(element.dataset, value);
		} else {
			element.setAttribute(name, value === true ? "" : value);
		}
	}
	return element;
}

// h("p", {class: "quiet"}, "text", element, null): children that are null are left out.
export function h(tag, properties, ...children) {
	const element = assign(document.createElement(tag), properties);
	element.append(...children.flat().filter((child) => child !== null && child !== undefined));
	return element;
}

export function svg(tag, properties, ...children) {
	const element = assign(document.createElementNS(SVG, tag), properties);
	element.append(...children.flat().filter(Boolean));
	return element;
}

// A picture from the symbols in index.html; it says nothing to a screen reader.
export function icon(name, className = "icon") {
	return svg("svg", { class: className, "aria-hidden": "true", focusable: "false" },
		svg("use", { href: `#${name}` }));
}

// Change the text only when it differs, so that nothing is read out or laid out again for nothing.
export function setText(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}

export function setAttribute(element, name, value) {
	if (value === null || value === undefined || value === false)
		element.removeAttribute(name);
	else if (element.getAttribute(name) !== String(value))
		element.setAttribute(name, value);
}

export function show(element, visible) {
	if (element.hidden === visible)
		element.hidden = !visible;
}

// Make the children of `list` those of `items`, in order, keeping the elements of items already there.
export function keyed(list, items, keyOf, make, update) {
	const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
	let place = list.firstElementChild;
	for (const item of items) {
		const key = String(keyOf(item));
		let element = old.get(key);
		old.delete(key);
		if (!element) {
			element = make(item);
			element.dataset.key = key;
		}
		update?.(element, item);
		if (element === place)
			place = place.nextElementSibling;
		else
			list.insertBefore(element, place);
	}
	for (const element of old.values())
		element.remove();
}

// Draw a list anew without losing the focus: what had it may go away with a press of it. Then what stands
// in its place has it, or the row that came in the place of its row, or `rest`.
export function redraw(list, draw, rest) {
	// A dialog gives the focus back to what opened it, so that has to be there still.
	const asking = document.querySelector("dialog[open]");
	if (asking) {
		asking.addEventListener("close", () => redraw(list, draw, rest), { once: true });
		return;
	}
	const controls = (row) => [...row?.querySelectorAll("a, button, select, summary, input") ?? []]
		.filter((control) => control.checkVisibility() && !control.disabled);
	const active = document.activeElement;
	const row = list.contains(active) ? active.closest("[data-key]") : null;
	const index = [...list.children].indexOf(row);
	const at = controls(row).indexOf(active);
	draw();
	if (!row || list.contains(active) && active.checkVisibility() && !active.disabled)
		return;
	const same = [...list.children].find((child) => child.dataset.key === row.dataset.key);
	const left = controls(same ?? list.children[Math.min(index, list.children.length - 1)]);
	(left[Math.min(at, left.length - 1)] ?? rest)?.focus();
}

// Rows of a table, each drawn anew only when something about it changed.
const drawnFrom = new WeakMap();

export function drawRows(body, items, keyOf, cellsOf, rest) {
	redraw(body, () => keyed(body, items, keyOf, () => h("tr"), (row, item) => {
		const now = JSON.stringify(item);
		if (drawnFrom.get(row) !== now)
			row.replaceChildren(...cellsOf(item));
		drawnFrom.set(row, now);
	}), rest);
}

// Text that changes as time passes: said again every second while it is on the page.
const ticking = new WeakMap();

export function tick(element, textNow) {
	ticking.set(element, textNow);
	element.dataset.tick = "";
	setText(element, textNow());
	return element;
}

export function stopTicking(element) {
	ticking.delete(element);
	delete element.dataset.tick;
}

setInterval(() => {
	if (document.hidden)
		return;
	for (const element of document.querySelectorAll("[data-tick]")) {
		const textNow = ticking.get(element);
		if (textNow)
			setText(element, textNow());
	}
}, 1000);

// A labelled form field.
let fields = 0;

export function field(label, input, hint) {
	input.id ||= `field-${++fields}`;
	const hintElement = hint ? h("small", { class: "hint", id: `${input.id}-hint` }, hint) : null;
	if (hint)
		input.setAttribute("aria-describedby", hintElement.id);
	return h("div", { class: "field" }, h("label", { for: input.id }, label), input, hintElement);
}

// A button that copies a text and says that it did.
export function copyButton(what, textNow) {
	const label = h("span", {}, "Copy");
	const button = h("button", { type: "button", class: "button small copy",
		"aria-label": `Copy ${what}` }, icon("i-copy"), label);
	button.addEventListener("click", async () => {
		const copied = await copyText(textNow());
		setText(label, copied ? "Copied" : "Select and copy it");
		announce(copied ? `Copied ${what}.` : "The browser did not allow copying.");
		setTimeout(() => setText(label, "Copy"), 2500);
	});
	return button;
}

// The clipboard needs https or localhost; elsewhere a selection is copied as of old.
async function copyText(text) {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		const area = h("textarea", { class: "visually-hidden", readonly: true,
			"aria-hidden": "true", tabindex: "-1" });
		const before = document.activeElement;
		area.value = text;
		(document.querySelector("dialog[open]") ?? document.body).append(area);
		area.select();
		const copied = document.execCommand("copy");
		area.remove();
		before?.focus();
		return copied;
	}
}

// Say something to a screen reader, after what it is saying now.
let announcing = 0;

export function announce(text) {
	const place = document.getElementById("announcer");
	clearTimeout(announcing);
	setText(place, "");
	announcing = setTimeout(() => setText(place, text), 120);
}

// A short message that comes and goes; failures stay until they are closed. What is told later about the
// same thing takes its place.
const TOASTS = 3;

export function toast(text, kind = "good", about = "") {
	const close = h("button", { type: "button", class: "button plain small",
		"aria-label": "Close this message" }, icon("i-close"));
	const element = h("div", { class: `toast ${kind}`, role: kind === "bad" ? "alert" : "status", data: { about } },
		h("p", {}, text), close);
	const place = document.getElementById("toasts");
	close.addEventListener("click", () => element.remove());
	for (const other of [...place.children])
		if (about && other.dataset.about === about)
			other.remove();
	while (place.children.length >= TOASTS)
		place.firstElementChild.remove();
	place.append(element);
	if (kind !== "bad")
		setTimeout(() => element.remove(), 6000);
}

// Ask before something is done; `ask` is a field to fill in meanwhile. Resolves to true or false; Escape is no.
export function confirmDialog({ title, text, yes, no = "Cancel", danger = false, ask = null }) {
	return new Promise((resolve) => {
		const cancel = h("button", { type: "button", class: "button", autofocus: !ask }, no);
		const dialog = h("dialog", { class: "dialog", "aria-labelledby": "dialog-title" },
			h("form", { method: "dialog" },
				h("h2", { id: "dialog-title" }, title),
				[text].flat().map((line) => h("p", {}, line)), ask,
				h("div", { class: "row end" }, cancel,
					h("button", { class: danger ? "button danger" : "button primary",
						value: "yes" }, yes))));
		cancel.addEventListener("click", () => dialog.close("no"));
		dialog.addEventListener("close", () => {
			dialog.remove();
			resolve(dialog.returnValue === "yes");
		});
		document.body.append(dialog);
		dialog.showModal();
	});
}
