// SPDX-License-Identifier: Apache-2.0
// One sentence for people per type of event. The types are those of
// src/core/model/event.def; a test holds the two together.

import { BECAUSE, PHASES, STATES, bytes, plural, way } from "./words.js";
import { duration, roughly } from "./time.js";

// A part of a sentence that stands out: who or what it is about.
const strong = (text) => ({ strong: String(text) });

function who(event) {
	const name = event.data.player || event.data.address; // some games tell no names
	return name ? strong(name) : "Somebody";
}

function byWhom(by) {
	if (!by)
		return [];
	return by === "local" ? [" by the owner"] : [" by ", strong(by)];
}

function asker(data) {
	if (data.by === "local")
		return "The owner";
	return data.by ? strong(data.by) : "Somebody";
}

function lasted(milliseconds, words) {
	const span = milliseconds < 60_000 ? duration : roughly;
	return milliseconds > 0 ? `${words} ${span(milliseconds)}` : "";
}

function because(data) {
	return data.reason ? `: ${data.reason}` : "";
}

const UNDONE = {
	wake: "was not woken on schedule",
	sleep: "was not sent to sleep on schedule",
	command: "was not sent its command on schedule",
	backup: "was not backed up on schedule",
};

function wakeRequested(event, server) {
	const { cause } = event.data;
	if (cause === "crash")
		return [server, " is started again after a crash"];
	if (cause === "schedule")
		return [server, " is woken on schedule"];
	if (cause === "join")
		return [asker(event.data), " knocked, so ", server, " is woken"];
	return [asker(event.data), " wakes ", server, way(cause)];
}

function sleepRequested(event, server) {
	const { cause } = event.data;
	if (cause === "schedule")
		return [server, " is sent to sleep on schedule"];
	if (BECAUSE[cause])
		return [server, ` is sent to sleep because ${BECAUSE[cause]}`];
	return [asker(event.data), " sends ", server, ` to sleep${way(cause)}`];
}

function phaseChanged(event, server) {
	const { state, phase } = event.data;
	return [server, `: ${PHASES[phase] ?? STATES[state]?.name ?? phase ?? state ?? "on its way"}`];
}

function warned(event, server) {
	const { cause, text, number, of } = event.data;
	const count = number && of ? ` (${number} of ${of})` : "";
	const why = BECAUSE[cause] ? `because ${BECAUSE[cause]}` : "";
	return ["The players on ", server, ` were warned${count}${text ? `: “${text}”` : ` ${why}`}`];
}

function crashed(event, server) {
	const { how, restarting } = event.data;
	const again = restarting ? "; it is started again" : "";
	return how ? ["The game of ", server, ` ${how}${again}`] : [server, ` crashed${again}`];
}

function started(event) {
	const { version, resumed } = event.data;
	const kept = resumed > 0 ? `; ${plural(resumed, "server")} went on meanwhile` : "";
	return [`roost started${version ? `, version ${version}` : ""}${kept}`];
}

function declared(event, server, done) {
	const { by } = event.data;
	if (by === "config")
		return [server, ` was ${done} in the configuration`];
	return [server, ` was ${done}`, ...byWhom(by)];
}

function failed(event, server) {
	const phase = PHASES[event.data.phase];
	return [server, ` failed${phase ? ` while ${lowerFirst(phase)}` : ""}${because(event.data)}`];
}

function lowerFirst(text) {
	return text.charAt(0).toLowerCase() + text.slice(1);
}

function userChanged(event) {
	const { change, by } = event.data;
	const done = { created: "made", made: "made", removed: "removed", deleted: "removed" }[change];
	const said = done ?? (change ? `changed (${change})` : "changed");
	return ["User ", strong(event.subject ?? ""), ` was ${said}`, ...byWhom(by)];
}

function tokenSaid(event, done) {
	const { label, by, user } = event.data;
	return [asker({ by: by ?? user }), ` ${done} the token `, strong(label || "without a label")];
}

function said(event, does) {
	const { by, message } = event.data;
	const text = typeof message === "string" ? message : JSON.stringify(message);
	return [strong(by || "Somebody"), does, strong(event.subject ?? ""), `: ${text ?? ""}`];
}

const ROSTER_CHANGES = {
	added: "was put on the list of", removed: "was taken off the list of",
	opped: "was made an operator of", deopped: "is no operator any more of",
	banned: "was banned from", pardoned: "is not banned any more from",
};

function backupFailed(event, server) {
	const words = event.data.released ? [server, " goes to sleep without a backup"]
		: event.data.retrying ? [server, " cannot sleep yet, for its backup fails and is tried again"]
		: ["A backup of ", server, " failed"];

	return [...words, because(event.data)];
}

function rosterChanged(event, server) {
	const { by, change } = event.data;
	const { source, address } = event.data;
	const whom = by === "game" ? [`, in the game${source ? ` by ${source}` : ""}`] : byWhom(by);
	return [address ? strong(address) : who(event), ` ${ROSTER_CHANGES[change] ?? "was changed on"} `, server,
		event.data.for_run ? " until it sleeps" : "", ...whom, because(event.data)];
}

function webhookSaid(event, done) {
	const { label, by } = event.data;
	return [asker({ by }), ` ${done} the webhook `, strong(label || "without a label")];
}

const WEBHOOK_CHANGES = {
	enabled: "switched on", disabled: "switched off", secret: "gave a new secret to",
};

function room(event) {
	const { free_bytes: free, size_bytes: size } = event.data;
	return size > 0 ? [`: ${bytes(free)} of ${bytes(size)} free`] : [];
}

// type → [picture, tone, sentence]. The tone colours the picture; it never says more than the words.
// The tone "alert" is for what event.def calls an alert, and only for that.
export const SENTENCES = {
	"roost.started": ["i-roost", "calm", started],
	"disk.low": ["i-alert", "alert", (event) => ["The disk with roost’s data is nearly full", ...room(event)]],
	"disk.recovered": ["i-list", "day", (event) => ["The disk with roost’s data has room again", ...room(event)]],
	"push.failed": ["i-alert", "alert", (event) => [strong(event.data.service ?? "A push service"),
		" refuses roost’s messages, so its browsers are not told", because(event.data)]],
	"server.declared": ["i-list", "calm", (event, server) =>
		declared(event, server, "declared")],
	"server.removed": ["i-list", "calm", (event, server) =>
		declared(event, server, "removed")],
	"server.wake_requested": ["i-sunrise", "dawn", wakeRequested],
	"server.phase_changed": ["i-step", "faint", phaseChanged],
	"server.ready": ["i-sun", "day", (event, server) =>
		[server, ` is ready${lasted(event.data.took_ms, " after")}`]],
	"server.idle": ["i-moon", "night", (event, server) =>
		["Nobody has been on ", server, lasted(event.data.idle_ms, " for")]],
	"server.warned": ["i-bell", "dawn", warned],
	"server.sleep_requested": ["i-moon", "dusk", sleepRequested],
	"server.asleep": ["i-moon", "night", (event, server) =>
		[server, ` is asleep${lasted(event.data.lasted_ms, "; it was up for")}`]],
	"server.crashed": ["i-alert", "alert", crashed],
	"server.failed": ["i-alert", "alert", failed],
	"server.lost": ["i-alert", "alert", (event, server) =>
		[server, ` cannot be reached${because(event.data)}`]],
	"server.running_long": ["i-alert", "alert", (event, server) =>
		[server, ` has been running for ${event.data.days > 1 ? `${event.data.days} days` : "a day"}`]],
	"server.found": ["i-roost", "day", (_, server) => [server, " was found running and is kept again"]],
	"roster.changed": ["i-person", "calm", (event, server) => rosterChanged(event, server)],
	"install.started": ["i-box", "dawn", (_, server) => [server, " is being installed"]],
	"install.finished": ["i-box", "day", (event, server) =>
		[server, ` is installed${event.data.note ? `: ${event.data.note}` : ""}`]],
	"install.failed": ["i-alert", "alert", (event, server) =>
		[server, ` could not be installed${because(event.data)}`]],
	"backup.started": ["i-box", "dawn", (event, server) => ["A backup of ", server,
		event.data.kind === "sleep" ? " is being made before it sleeps" : " is being made"]],
	"backup.finished": ["i-box", "day", (event, server) =>
		["The backup of ", server, " is stored and was read back whole"]],
	"backup.cancelled": ["i-box", "calm", (event, server) =>
		["The backup of ", server, ` was given up${because(event.data)}`]],
	"backup.failed": ["i-alert", "alert", backupFailed],
	"backup.checked": ["i-box", "day", (event, server) => ["A backup of ", server, " was checked and is whole"]],
	"backup.removed": ["i-box", "calm", (event, server) => ["A backup of ", server,
		event.data.by === "retention" ? " goes, for there are enough newer ones" : " was removed"]],
	"restore.started": ["i-box", "dawn", (event, server) =>
		[asker(event.data), " restores ", server, " from a backup"]],
	"restore.finished": ["i-box", "day", (event, server) =>
		[server, " has the world of a backup; its old one is kept aside until it has run well"]],
	"restore.failed": ["i-alert", "alert", (event, server) => [server, event.data.retrying
		? " is still being restored, and that does not come to an end" : " could not be restored and is as it was",
		because(event.data)]],
	"roster.failed": ["i-alert", "alert", (event, server) =>
		["Who may play on ", server, " could not be given to the game", because(event.data)]],
	"roster.unknown": ["i-person", "trouble", (event, server) =>
		["There is no Minecraft account called ", who(event), ", who is on the roster of ", server]],
	"user.op_offered": ["i-key", "calm", (event) =>
		[strong(event.subject ?? "Somebody"), " may operate ", strong(event.data.server ?? "a server"), " until it sleeps"]],
	"server.schedule_skipped": ["i-alert", "trouble", (event, server) =>
		[server, ` ${UNDONE[event.data.do] ?? "was not seen to on schedule"}${because(event.data)}`]],
	"server.command_sent": ["i-terminal", "calm", (event, server) => event.data.by === "schedule"
		? [server, ` was sent the line “${event.data.line}” on schedule`] :
		[asker(event.data), " sent ", server, event.data.line ? ` the line “${event.data.line}”` : " a line",
			event.data.unsure ? ", which may not have arrived" : ""]],
	"player.knocked": ["i-door", "calm", (event, server) => [who(event), " knocked at ", server]],
	"player.held": ["i-door", "dawn", (event, server) =>
		[who(event), " waits at the gate of ", server]],
	"player.joined": ["i-in", "day", (event, server) => [who(event), " joined ", server]],
	"player.left": ["i-out", "calm", (event, server) =>
		[who(event), " left ", server, lasted(event.data.after_ms, " after")]],
	"player.refused": ["i-door", "trouble", (event, server) =>
		[who(event), " was turned away from ", server, because(event.data)]],
	"user.signed_in": ["i-person", "calm", (event) =>
		[strong(event.subject ?? event.data.user ?? "Somebody"), " signed in"]],
	"user.changed": ["i-person", "calm", userChanged],
	"user.messaged": ["i-bell", "calm", (event) => said(event, " writes to ")],
	"channel.posted": ["i-bell", "calm", (event) => said(event, " posts to ")],
	"token.created": ["i-key", "calm", (event) => tokenSaid(event, "made")],
	"token.revoked": ["i-key", "calm", (event) => tokenSaid(event, "revoked")],
	"webhook.created": ["i-key", "calm", (event) => webhookSaid(event, "made")],
	"webhook.changed": ["i-key", "calm", (event) =>
		webhookSaid(event, WEBHOOK_CHANGES[event.data.change] ?? "changed")],
	"webhook.disabled": ["i-alert", "alert", (event) =>
		["The webhook ", strong(event.data.label || "without a label"), ` was given up${because(event.data)}`]],
	"webhook.missed": ["i-alert", "alert", (event) =>
		["The webhook ", strong(event.data.label || "without a label"),
			" was off for so long that what it has not been told of is forgotten"]],
	"webhook.removed": ["i-key", "calm", (event) => webhookSaid(event, "removed")],
};

export const EVENT_TYPES = Object.keys(SENTENCES);

// A change of state has an event of its own beside it, which says it better.
export function saysNothingNew(event) {
	return event.type === "server.phase_changed" && !event.data.phase
		&& event.data.state !== "waking" && event.data.state !== "settling";
}

export function sentenceOf(event) {
	const data = event.data ?? {};
	const [picture, tone, say] = SENTENCES[event.type]
		?? ["i-step", "calm", () => [strong(event.subject ?? ""), ` ${event.type}`]];
	const parts = say({ ...event, data }, strong(event.subject || "a server"));
	return { picture, tone, parts };
}

export function textOf(parts) {
	return parts.map((part) => part.strong ?? part).join("");
}

function fullStop(event) {
	const text = textOf(sentenceOf(event).parts);
	return /[.!?]$/.test(text) ? text : `${text}.`;
}

// What a screen reader should hear as it happens; null for the rest.
export function spoken(event) {
	if (event.type === "server.phase_changed" && saysNothingNew(event))
		return null;
	if (!/^server\.(phase_changed|ready|asleep|failed|lost|crashed)$/.test(event.type))
		return null;
	return fullStop(event);
}

// What is said beside the feed, because somebody waits for it or should look; null for the rest.
const GOOD_NEWS = ["server.ready"];
const BAD_NEWS = ["server.failed", "server.crashed", "server.lost"];

export function worthAToast(event) {
	const text = fullStop(event);
	if (GOOD_NEWS.includes(event.type))
		return { text, kind: "good" };
	return BAD_NEWS.includes(event.type) ? { text, kind: "bad" } : null;
}

export function peopleWaiting(count) {
	return count > 0 ? `${plural(count, "player")} waiting at the gate` : "";
}
