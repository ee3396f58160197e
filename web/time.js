// SPDX-License-Identifier: Apache-2.0
// Instants and durations in words, in the reader's own time zone. The server's
// clock counts: what the browser's differs by is learnt from answers.

const DAY = 86_400_000;
const LONG_AGO = 300;	// days after which the year is said too
let skew = 0;

// The Date header has whole seconds, so a difference below two is none.
export function learnServerTime(dateHeader) {
	const server = Date.parse(dateHeader ?? "");
	if (Number.isNaN(server))
		return;
	const difference = server - Date.now();
	skew = Math.abs(difference) < 2000 ? 0 : difference;
}

export function now() {
	return Date.now() + skew;
}

export function instant(text) {
	const time = typeof text === "number" ? text : Date.parse(text ?? "");
	return Number.isNaN(time) ? null : time;
}

// "12 s", "3 min 20 s", "1 h 12 min", "2 days 4 h": two units at most.
export function duration(milliseconds) {
	const seconds = Math.max(0, Math.round(milliseconds / 1000));
	if (seconds < 60)
		return `${seconds} s`;
	const minutes = Math.floor(seconds / 60);
	if (minutes < 10 && seconds % 60)
		return `${minutes} min ${seconds % 60} s`;
	if (minutes < 60)
		return `${minutes} min`;
	const hours = Math.floor(minutes / 60);
	if (hours < 24)
		return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
	const days = Math.floor(hours / 24);
	return `${days} ${days === 1 ? "day" : "days"}${hours % 24 ? ` ${hours % 24} h` : ""}`;
}

// Without seconds once it has lasted a minute, for texts that stay.
export function roughly(milliseconds) {
	if (milliseconds < 60_000)
		return milliseconds < 10_000 ? "a few seconds" : duration(milliseconds);
	return duration(Math.round(milliseconds / 60_000) * 60_000);
}

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const shortDayFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const oldDayFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

export function clock(time) {
	return clockFormat.format(time);
}

export function full(time) {
	return fullFormat.format(time);
}

function daysAgo(time) {
	const midnight = new Date(now()).setHours(0, 0, 0, 0);
	return time >= midnight ? 0 : Math.ceil((midnight - time) / DAY);
}

export function dayName(time) {
	const days = daysAgo(time);
	return days === 0 ? "Today" : days === 1 ? "Yesterday" : dayFormat.format(time);
}

// "just now", "4 min ago", "21:16", "yesterday 21:16", "3 Nov 21:16".
export function ago(time) {
	const age = now() - time;
	if (age < 10_000)
		return "just now";
	if (age < 3_600_000)
		return `${roughly(age)} ago`;
	return moment(time);
}

const weekdayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long" });

function daysUntil(time) {
	const midnight = new Date(now()).setHours(0, 0, 0, 0);
	return Math.round((new Date(time).setHours(0, 0, 0, 0) - midnight) / DAY);
}

// To stand behind "until": "21:16", "tomorrow 21:16", "Friday 21:16", "3 Nov 21:16".
export function later(time) {
	const days = daysUntil(time);
	if (days <= 0)
		return clock(time);
	if (days === 1)
		return `tomorrow ${clock(time)}`;
	return `${days < 7 ? weekdayFormat.format(time) : shortDayFormat.format(time)} ${clock(time)}`;
}

// What is to come: "at 21:16", "tomorrow 21:16", "on Friday 21:16", "on 3 Nov 21:16".
export function coming(time) {
	const days = daysUntil(time);
	return `${days <= 0 ? "at " : days === 1 ? "" : "on "}${later(time)}`;
}

export function moment(time) {
	const days = daysAgo(time);
	if (days === 0)
		return clock(time);
	const day = days > LONG_AGO ? oldDayFormat : shortDayFormat;
	return `${days === 1 ? "yesterday" : day.format(time)} ${clock(time)}`;
}
