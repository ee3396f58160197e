// SPDX-License-Identifier: Apache-2.0
// The colours of a console line (escape sequences of ECMA-48's "select graphic rendition", which
// is all that roost passes on) as elements with classes. Colours are the page's own sixteen, so
// that a line can be read in both lights: others are shown as the nearest of them.

import { h } from "./dom.js";

const WEIGHTS = { 1: "bold", 2: "faint", 3: "italic", 4: "underline", 9: "struck" };
const ENDS = { 22: ["bold", "faint"], 23: ["italic"], 24: ["underline"], 29: ["struck"] };
const LEVELS = [0, 95, 135, 175, 215, 255];	// of the 6×6×6 cube

// The one of eight that a mixture comes nearest to: which of red, green and blue stand out.
function nearest(red, green, blue) {
	const most = Math.max(red, green, blue);
	if (most < 48)
		return 0;
	const [r, g, b] = [red, green, blue].map((part) => part > most * 0.6);
	return (r ? 1 : 0) + (g ? 2 : 0) + (b ? 4 : 0);
}

function ofTable(number) {
	if (number < 16)
		return number % 8;
	if (number >= 232)
		return number < 238 ? 0 : 7;
	const at = number - 16;
	return nearest(LEVELS[Math.floor(at / 36)], LEVELS[Math.floor(at / 6) % 6], LEVELS[at % 6]);
}

// 38;5;N and 38;2;R;G;B: the colour, and how many numbers it took.
function wide(numbers) {
	if (numbers[1] === 5)
		return [ofTable(numbers[2] ?? 7), 3];
	return [nearest(numbers[2] ?? 0, numbers[3] ?? 0, numbers[4] ?? 0), 5];
}

function apply(style, numbers) {
	while (numbers.length > 0) {
		const [number] = numbers;
		let used = 1;
		if (number === 0) {
			style.colour = null;
			style.weights.clear();
		} else if (number === 38 || number === 48) {
			const [colour, length] = wide(numbers);
			used = length;
			if (number === 38)
				style.colour = colour;
		} else if (number >= 30 && number <= 37) {
			style.colour = number - 30;
		} else if (number >= 90 && number <= 97) {
			style.colour = number - 90;
		} else if (number === 39) {
			style.colour = null;
		} else if (WEIGHTS[number]) {
			style.weights.add(WEIGHTS[number]);
		} else {
			(ENDS[number] ?? []).forEach((weight) => style.weights.delete(weight));
		}
		numbers = numbers.slice(used);
	}
}

function piece(text, style) {
	const classes = [...style.weights].map((weight) => `ansi-${weight}`);
	if (style.colour !== null)
		classes.push(`ansi-${style.colour}`);
	return classes.length > 0 ? h("span", { class: classes.join(" ") }, text) : text;
}

// The line as text and elements: never anything but what it says.
export function styled(line) {
	const style = { colour: null, weights: new Set() };
	const pieces = [];
	for (const [index, part] of line.split("\u001b[").entries()) {
		const sequence = index > 0 ? /^([0-9;]*)m/.exec(part) : null;
		if (sequence)
			apply(style, sequence[1].split(";").map(Number));
		const text = sequence ? part.slice(sequence[0].length) : part;
		if (text)
			pieces.push(piece(text, style));
	}
	return pieces;
}
