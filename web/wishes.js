// SPDX-License-Identifier: Apache-2.0
// The two wishes, as the buttons make them.

import * as api from "./api.js";
import { announce, confirmDialog, toast } from "./dom.js";
import { plural } from "./words.js";
import { loadServer, world } from "./world.js";

export function mayBeWoken(server) {
	if (server.state === "asleep")
		return server.wanted !== "up";
	return server.state === "failed" || server.state === "settling" && server.wanted !== "up";
}

export function mayBeSlept(server) {
	return ["waking", "ready", "lost"].includes(server.state) && server.wanted !== "down";
}

async function wish(name, verb, button, said) {
	button.setAttribute("aria-disabled", "true");
	try {
		await api.post(api.serverPath(name, `/${verb}`));
		announce(said);
		await loadServer(name);
	} catch (problem) {
		toast(`${name}: ${problem.message}`, "bad");
	} finally {
		button.removeAttribute("aria-disabled");
	}
}

function isBusy(button) {
	return button.getAttribute("aria-disabled") === "true";
}

export async function wake(name, button) {
	if (!isBusy(button))
		await wish(name, "wake", button, `Waking ${name}.`);
}

async function isSure(server) {
	const online = server?.players?.online ?? 0;
	const held = server?.held ?? 0;
	if (online === 0 && held === 0)
		return true;
	const who = online > 0 ? `${plural(online, "player is", "players are")} on`
		: `${plural(held, "player is", "players are")} waiting at the gate`;
	return confirmDialog({ title: `Send ${server.name} to sleep?`, danger: true,
		yes: "Send to sleep", no: "Leave it on",
		text: [`${who}. They are told first, and the world is saved.`] });
}

export async function sleep(name, button) {
	if (!isBusy(button) && await isSure(world.servers.get(name)))
		await wish(name, "sleep", button, `Sending ${name} to sleep.`);
}
