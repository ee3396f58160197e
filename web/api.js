// SPDX-License-Identifier: Apache-2.0
// Questions to roost. Every failure becomes a Problem whose message is a sentence
// for people: what happened, and what to do.

import { learnServerTime } from "./time.js";

const PATIENCE = 20_000;
let csrf = "";
let onSignedOut = () => {};

export class Problem extends Error {
	constructor(message, status = 0, document = {}) {
		super(message);
		this.status = status;
		this.document = document;
	}
}

export function whenSignedOut(callback) {
	onSignedOut = callback;
}

function sentence(text) {
	const trimmed = String(text).trim();
	return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

function fieldErrors(document) {
	if (!Array.isArray(document.errors))
		return "";
	return document.errors.map((error) => {
		const where = String(error.pointer ?? "").replace(/^\//, "").replaceAll("/", " › ");
		return ` ${where ? `${where}: ` : ""}${sentence(error.detail ?? "is not right")}`;
	}).join("");
}

// What to do, where the answer's own words cannot know the page.
const ADVICE = {
	401: "Sign in again.",
	403: "Ask an admin if you should be able to do this.",
	404: "It may have been removed; reload the page to see what is there.",
	413: "Send less at once.",
	500: "Try again; if it stays, look at what roost printed.",
	503: "Try again in a moment.",
};

function problemOf(response, document) {
	if (response.status === 429) {
		const seconds = Number(response.headers.get("Retry-After")) || 0;
		const wait = seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : `${seconds} seconds`;
		return new Problem(seconds > 0 ? `Too many attempts. Wait ${wait}, then try again.`
			: "Too many attempts. Wait a little, then try again.", 429, document);
	}
	const said = document.detail ?? document.title ?? `roost answered ${response.status}`;
	const advice = document.detail ? "" : ` ${ADVICE[response.status] ?? ""}`;
	return new Problem((sentence(said) + fieldErrors(document) + advice).trim(),
		response.status, document);
}

async function readJson(response) {
	const text = await response.text();
	if (!text)
		return {};
	try {
		return JSON.parse(text);
	} catch {
		return {};
	}
}

async function send(method, path, body) {
	const headers = { Accept: "application/json" };
	if (method !== "GET" && csrf)
		headers["X-CSRF-Token"] = csrf;
	if (body !== undefined)
		headers["Content-Type"] = "application/json";
	try {
		return await fetch(path, { method, headers, credentials: "same-origin", cache: "no-store",
			body: body === undefined ? undefined : JSON.stringify(body),
			signal: AbortSignal.timeout(PATIENCE) });
	} catch {
		throw new Problem("roost cannot be reached. Check that it runs and that you are online; "
			+ "this page goes on trying.");
	}
}

// A wrong password is a 401 too, but nobody is signed out by it.
function isSignedOut(document) {
	return String(document.type ?? "").endsWith(":not-signed-in");
}

async function call(method, path, body) {
	const response = await send(method, path, body);
	learnServerTime(response.headers.get("Date"));
	const document = await readJson(response);
	if (response.ok)
		return document;
	if (response.status === 401 && isSignedOut(document))
		onSignedOut();
	throw problemOf(response, document);
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}) => call("POST", path, body);
export const put = (path, body) => call("PUT", path, body);
export const remove = (path) => call("DELETE", path);

function remember(me) {
	csrf = me.csrf ?? "";
	return me;
}

export async function signIn(name, password) {
	return remember(await post("/v1/session", { name, password }));
}

export async function signOut() {
	await remove("/v1/session");
	csrf = "";
}

// Who am I; null when nobody.
export async function whoAmI() {
	const response = await send("GET", "/v1/me");
	learnServerTime(response.headers.get("Date"));
	const document = await readJson(response);
	if (response.status === 401)
		return null;
	if (!response.ok)
		throw problemOf(response, document);
	return document.role === "nobody" || !document.user ? null : remember(document);
}

// Answers that are lists come bare or under one name.
export function listIn(answer, name) {
	if (Array.isArray(answer))
		return answer;
	for (const key of [name, "items", "data"])
		if (Array.isArray(answer?.[key]))
			return answer[key];
	return [];
}

export function serverPath(name, rest = "") {
	return `/v1/servers/${encodeURIComponent(name)}${rest}`;
}
