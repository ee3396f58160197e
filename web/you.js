// SPDX-License-Identifier: Apache-2.0
// What is one's own: the password, and the name in the game.

import * as api from "./api.js";
import { field, h, setText, show, toast } from "./dom.js";
import { notificationsPanel } from "./push.js";
import { ROLES } from "./words.js";
import { world } from "./world.js";

// A form that sends what `body()` makes of it and says what came of it.
function ownForm({ id, title, fields, button, body, done }) {
	const error = h("p", { class: "form-error", role: "alert", hidden: true });
	const form = h("form", { class: "own-form" }, fields, error,
		h("button", { class: "button primary" }, button));
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		show(error, false);
		try {
			await api.put("/v1/me", body());
			toast(done());
		} catch (problem) {
			setText(error, problem.message);
			show(error, true);
		}
	});
	return { form, element: h("section", { class: "panel", "aria-labelledby": id },
		h("h2", { id }, title), form) };
}

function passwordPart() {
	const present = h("input", { type: "password", autocomplete: "current-password", required: true });
	const wanted = h("input", { type: "password", autocomplete: "new-password", required: true,
		minlength: "8" });
	const part = ownForm({ id: "password-title", title: "Password", button: "Change password",
		fields: [field("Present password", present),
			field("New password", wanted, "At least 8 characters.")],
		body: () => ({ password: present.value, new_password: wanted.value }),
		done() {
			part.form.reset();
			return "Your password is changed.";
		} });
	return part.element;
}

function gameNamePart() {
	const name = h("input", { autocomplete: "off", spellcheck: "false", autocapitalize: "none",
		maxlength: "16", value: world.me.game_name ?? "" });
	return ownForm({ id: "game-name-title", title: "Name in the game", button: "Save",
		fields: [field("Your name in the game", name, "As players see it; leave it empty to take it away.")],
		body: () => ({ game_name: name.value.trim() }),
		done() {
			world.me.game_name = name.value.trim();
			return "Saved.";
		} }).element;
}

export function youView() {
	const notifications = notificationsPanel();
	return { title: "You", element: h("main", { id: "main", class: "page" },
		h("header", { class: "page-head" }, h("h1", { tabindex: "-1" }, world.me.user),
			h("p", { class: "quiet" }, ROLES[world.me.role] ?? world.me.role)),
		h("div", { class: "panels two" }, passwordPart(), gameNamePart(),
			notifications.element)), leave: notifications.leave };
}
