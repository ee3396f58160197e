// SPDX-License-Identifier: Apache-2.0
// Brings the page up: who is there, which view the address names, and the live feed.

import * as api from "./api.js";
import { announce, toast } from "./dom.js";
import { Feed } from "./feed.js";
import { createShell } from "./shell.js";
import { signInView } from "./signin.js";
import { homeView } from "./home.js";
import { detailView } from "./detail.js";
import { peopleView } from "./people.js";
import { newServerView } from "./template.js";
import { youView } from "./you.js";
import { startPush, stopPush } from "./push.js";
import { spoken, worthAToast } from "./sentences.js";
import { ROLES, roleAtLeast } from "./words.js";
import { forgetEverything, heed, loadServers, setLink, startRefreshing, world } from "./world.js";

const LOST = {
	gap: "While this page was away, more happened than roost still keeps. The list was loaded anew.",
	epoch: "roost keeps a new record now. The list was loaded anew.",
};

let view = null;
let feed = null;
const shell = createShell({ onSignOut: signOut });

function enter(next, focus) {
	view?.leave?.();
	view = next;
	document.title = world.me ? `${next.title} · roost` : "roost · sign in";
	document.getElementById("main").replaceWith(next.element);
	shell.update(location.hash);
	if (next.entered)
		next.entered();
	else if (focus)
		next.element.querySelector("h1")?.focus({ preventScroll: true });
	if (focus)
		window.scrollTo(0, 0);
}

function viewFor(hash) {
	const server = /^#\/servers\/([^/]+)$/.exec(hash);
	if (server)
		return detailView(decodeURIComponent(server[1]));
	if (hash === "#/new" && roleAtLeast(world.me.role, "admin"))
		return newServerView();
	if (hash === "#/people" && roleAtLeast(world.me.role, "admin"))
		return peopleView();
	return hash === "#/you" ? youView() : homeView();
}

function route(focus) {
	if (world.me)
		enter(viewFor(location.hash), focus);
}

function onEvent(event) {
	heed(event);
	view?.feed?.add(event);
	const words = spoken(event);
	if (words)
		announce(words);
	const news = worthAToast(event);
	if (news)
		toast(news.text, news.kind, event.subject);
}

// roost ends the stream of somebody whose rights changed, so that they are asked for anew.
async function refreshMe() {
	const me = await api.whoAmI().catch(() => world.me);
	if (!world.me || !me || me.role === world.me.role)
		return;
	world.me = me;
	toast(`You are ${ROLES[me.role] ?? me.role} now.`);
	route(false);
}

function startFeed() {
	feed = new Feed({
		event: onEvent,
		placed() {
			loadServers().catch((problem) => toast(problem.message, "bad"));
			view?.feed?.load();
			refreshMe();
		},
		lost(what) {
			toast(LOST[what]);
			loadServers().catch(() => {});
			view?.feed?.restart();
		},
		signedOut: () => showSignIn("You were signed out. Sign in to go on."),
	});
}

function begin(me) {
	world.me = me;
	document.body.classList.add("signed-in");
	setLink("connecting");
	startPush();
	startFeed();
	route(true);
}

function showSignIn(note) {
	feed?.close();
	feed = null;
	forgetEverything();
	document.body.classList.remove("signed-in");
	enter(signInView(begin, note), true);
}

async function signOut() {
	await stopPush();
	try {
		await api.signOut();
	} catch (problem) {
		if (problem.status !== 401) {
			toast(problem.message, "bad");
			return;
		}
	}
	showSignIn("You are signed out. Sleep well.");
}

// The part behind # names the view, so the link that skips the top must not change it.
function skip(event) {
	event.preventDefault();
	(document.querySelector("#main h1") ?? document.getElementById("main")).focus();
}

async function start() {
	api.whenSignedOut(() => world.me && showSignIn("You were signed out. Sign in to go on."));
	window.addEventListener("hashchange", () => route(true));
	document.querySelector(".skip").addEventListener("click", skip);
	startRefreshing();
	try {
		const me = await api.whoAmI();
		if (me)
			begin(me);
		else
			showSignIn();
	} catch (problem) {
		document.getElementById("boot").textContent = problem.message;
		setTimeout(start, 4000);
	}
}

start();
