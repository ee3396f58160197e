// SPDX-License-Identifier: Apache-2.0
// All servers as cards, and the feed below them.

import { copyButton, h, keyed, show } from "./dom.js";
import { createCard } from "./card.js";
import { FeedView } from "./feedview.js";
import { createSky } from "./sky.js";
import { STATES, plural, roleAtLeast } from "./words.js";
import { watch, world } from "./world.js";

const FIRST_SERVER = `servers:
  - name: survival
    game: minecraft-java
    hosts: ["*"]
    provider: local
    local:
      command: ["java", "-Xmx2G", "-jar", "server.jar", "nogui"]
      directory: ./worlds/survival
    address: 127.0.0.1:25570
    stop: { console: "stop", within: 60s }
`;

function emptyState() {
	const sky = createSky("nobody");
	sky.update({ state: "asleep" });
	const steps = roleAtLeast(world.me?.role, "admin")
		? [h("p", {}, h("a", { class: "button primary", href: "#/new" }, "Make one from a template")),
		h("p", {}, "Or put these ten lines in a file, say ", h("code", {}, "survival.yaml"),
			", change the directory to where your server is, and run ",
			h("code", {}, "roost apply -f survival.yaml"), "."),
		h("div", { class: "sample" }, copyButton("the ten lines", () => FIRST_SERVER),
			h("pre", { tabindex: "0", role: "region", "aria-label": "A first declaration" },
				h("code", {}, FIRST_SERVER))),
		h("p", { class: "quiet" }, "The card appears here by itself. In the game, the server keeps its own ",
			"port (25570 in server.properties); players come to roost's.")]
		: [h("p", {}, "An admin has to declare one. It appears here by itself.")];
	return h("article", { class: "card empty", "data-state": "asleep" },
		h("div", { class: "card-inner" }, sky.element,
			h("div", { class: "card-body" }, h("h2", {}, "No servers yet"), steps)));
}

// "2 of 5 awake · 1 waking up · 7 players on"
function summary() {
	const servers = [...world.servers.values()];
	const count = (state) => servers.filter((server) => server.state === state).length;
	const online = servers.reduce((sum, server) =>
		sum + (server.state === "ready" ? server.players?.online ?? 0 : 0), 0);
	const moving = ["waking", "failed", "lost"].filter((state) => count(state) > 0)
		.map((state) => `${count(state)} ${STATES[state].name.toLowerCase()}`);
	const awake = count("ready");
	if (awake > 0)
		moving.unshift(`${awake} of ${servers.length} awake`);
	else if (servers.length > 0 && count("asleep") === servers.length)
		moving.unshift(servers.length === 1 ? "Asleep" : "All asleep");
	if (online > 0)
		moving.push(`${plural(online, "player")} on`);
	return moving.join(" · ");
}

export function homeView() {
	const cards = new Map();
	const list = h("div", { class: "cards" });
	const line = h("p", { class: "quiet summary" });
	const loading = h("p", { class: "quiet", role: "status" }, "Looking who is awake …");
	const feed = new FeedView();
	let empty = null;
	const element = h("main", { id: "main", class: "page" },
		h("header", { class: "page-head" }, h("h1", { tabindex: "-1" }, "Servers"), line,
			roleAtLeast(world.me?.role, "admin") ? h("a", { class: "button", href: "#/new" }, "New server") : null),
		loading, list, feed.element);

	function draw() {
		const servers = [...world.servers.values()].sort((a, b) => a.name.localeCompare(b.name));
		show(loading, !world.loaded);
		line.textContent = summary();
		keyed(list, servers, (server) => server.name, (server) => {
			const card = createCard(server);
			cards.set(server.name, card);
			return card.element;
		}, (_, server) => cards.get(server.name).update(server));
		list.dataset.count = servers.length;
		if (world.loaded && servers.length === 0) {
			empty ??= emptyState();
			list.append(empty);
		} else {
			empty = null;
		}
		feed.filter.update();
	}

	const stop = watch((what) => what === "servers" && draw());
	draw();
	return { element, title: "Servers", feed, leave: stop };
}
