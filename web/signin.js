// SPDX-License-Identifier: Apache-2.0
// The way in.

import * as api from "./api.js";
import { field, h, icon, setAttribute, setText, show } from "./dom.js";
import { createSky } from "./sky.js";

const WRONG = "This name and password do not belong together. Check both; capitals count.";

function messageFor(problem) {
	return problem.status === 401 || problem.status === 403 ? WRONG : problem.message;
}

// onSignedIn(me) is called once somebody is.
export function signInView(onSignedIn, note = "") {
	const sky = createSky("roost");
	sky.update({ state: "asleep" });
	const name = h("input", { name: "name", autocomplete: "username", autocapitalize: "none",
		spellcheck: "false", required: true, maxlength: "64" });
	const password = h("input", { name: "password", type: "password",
		autocomplete: "current-password", required: true });
	const error = h("p", { class: "form-error", role: "alert", id: "sign-in-error", hidden: true });
	const button = h("button", { class: "button primary wide" }, "Sign in");
	const form = h("form", { class: "sign-in-form", novalidate: true },
		h("h1", { tabindex: "-1" }, icon("i-roost", "wordmark-bird"), "roost"),
		h("p", { class: "quiet" }, note || "Game servers that sleep until somebody comes."),
		error, field("Name", name), field("Password", password), button);

	function complain(text, input) {
		setText(error, text);
		show(error, text !== "");
		for (const each of [name, password])
			setAttribute(each, "aria-invalid", text && (!input || each === input) ? "true" : null);
		if (text)
			(input ?? password).focus();
	}

	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		if (!name.value.trim())
			return complain("Type your name.", name);
		if (!password.value)
			return complain("Type your password.", password);
		button.disabled = true;
		complain("");
		setText(button, "Signing in …");
		try {
			const me = await api.signIn(name.value.trim(), password.value);
			sky.update({ state: "waking" });
			onSignedIn(me);
		} catch (problem) {
			button.disabled = false;
			complain(messageFor(problem));
			password.select();
		}
		setText(button, "Sign in");
		button.disabled = false;
	});

	return { element: h("main", { id: "main", class: "sign-in", "data-state": "asleep" },
		h("div", { class: "sign-in-card" }, sky.element, form)), title: "Sign in",
	entered() {
		name.focus();
	} };
}
