// SPDX-License-Identifier: Apache-2.0
// Cron expressions in words, and the simple ones as what a form asks: days and a time.

import { clock } from "./time.js";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
export const DAY_NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September",
	"October", "November", "December"];
const SPOKEN = { "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
	"@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *" };

// Of cron's Sunday = 0 or 7, and names, the index into DAYS; NaN when it is neither.
function dayIndex(text) {
	const named = DAYS.indexOf(text.toLowerCase());
	return named >= 0 ? named : /^[0-7]$/.test(text) ? (Number(text) + 6) % 7 : NaN;
}

// "mon-fri,sun" as [0, 1, 2, 3, 4, 6]; null when it is not as simple as that.
function daysOf(text) {
	const days = new Set();
	for (const part of text.split(",")) {
		const [first, last, more] = part.split("-");
		const from = dayIndex(first);
		const to = last === undefined ? from : dayIndex(last);
		if (more !== undefined || Number.isNaN(from) || Number.isNaN(to) || from > to)
			return null;
		for (let day = from; day <= to; day++)
			days.add(day);
	}
	return [...days].sort((a, b) => a - b);
}

function number(text, least, most) {
	const value = /^\d{1,2}$/.test(text) ? Number(text) : NaN;
	return value >= least && value <= most ? value : null;
}

function fieldsOf(cron) {
	const fields = (SPOKEN[cron.trim().toLowerCase()] ?? cron).trim().split(/\s+/);
	return fields.length === 5 ? fields : null;
}

// {days, time: "18:00"} when it is a time on certain days of the week; else null.
export function simple(cron) {
	const [minuteField, hourField, day, month, weekdays] = fieldsOf(cron) ?? [];
	const minute = number(minuteField ?? "", 0, 59);
	const hour = number(hourField ?? "", 0, 23);
	const days = weekdays === "*" ? DAYS.map((_, index) => index) : daysOf(weekdays ?? "");
	if (minute === null || hour === null || day !== "*" || month !== "*" || !days)
		return null;
	return { days, time: `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}` };
}

// The reverse: what the form says, as cron has it.
export function cronOf({ days, time }) {
	const [hour, minute] = time.split(":").map(Number);
	const weekdays = days.length === 7 ? "*" : days.map((day) => DAYS[day]).join(",");
	return `${minute} ${hour} * * ${weekdays}`;
}

function list(words) {
	return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function daysInWords(days) {
	if (days.length === 7)
		return "Every day";
	const row = days.at(-1) - days[0] === days.length - 1;
	if (row && days.length > 2)
		return `${DAY_NAMES[days[0]]} to ${DAY_NAMES[days.at(-1)]}`;
	return list(days.map((day) => `${DAY_NAMES[day]}s`));
}

function ordinal(day) {
	const ending = day % 10 < 4 && (day < 10 || day > 20) ? ["th", "st", "nd", "rd"][day % 10] : "th";
	return `${day}${ending}`;
}

function at(hour, minute) {
	return `at ${clock(new Date(2000, 0, 1, hour, minute))}`;
}

function everyFew(minute, hour) {
	const step = /^\*\/(\d{1,2})$/.exec(minute);
	if (hour === "*" && minute === "*")
		return "Every minute";
	if (hour === "*" && step && 60 % Number(step[1]) === 0)
		return Number(step[1]) === 1 ? "Every minute" : `Every ${Number(step[1])} minutes`;
	const past = number(minute, 0, 59);
	if (hour !== "*" || past === null)
		return null;
	return past === 0 ? "Every full hour" : `Every hour, ${past} ${past === 1 ? "minute" : "minutes"} past`;
}

// "Fridays at 18:00"; of what is not that simple, null.
export function words(cron) {
	const fields = fieldsOf(cron);
	if (!fields)
		return null;
	const [minute, hour, day, month, weekdays] = fields;
	const plain = simple(cron);
	if (plain)
		return `${daysInWords(plain.days)} ${at(...plain.time.split(":").map(Number))}`;
	if (day === "*" && month === "*" && weekdays === "*")
		return everyFew(minute, hour);
	const [m, h, d, n] = [number(minute, 0, 59), number(hour, 0, 23), number(day, 1, 31), number(month, 1, 12)];
	if (weekdays !== "*" || m === null || h === null || d === null || (month !== "*" && n === null))
		return null;
	return month === "*" ? `On the ${ordinal(d)} of each month ${at(h, m)}` : `On ${d} ${MONTHS[n - 1]} ${at(h, m)}`;
}
