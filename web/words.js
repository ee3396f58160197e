// SPDX-License-Identifier: Apache-2.0
// The words roost uses, for people: states, phases, causes, games, roles.

export const STATES = {
	asleep: { name: "Asleep", since: "Asleep since" },
	waking: { name: "Waking up", since: "Waking since" },
	ready: { name: "Ready", since: "Ready since" },
	settling: { name: "Going to sleep", since: "Settling since" },
	failed: { name: "Failed", since: "Failed" },
	lost: { name: "Out of reach", since: "Out of reach since" },
};

export const PHASES = {
	requested: "Getting ready",
	provisioning: "Finding a place to run",
	restoring: "Bringing the world back",
	starting: "Starting the game",
	announcing: "Telling the players",
	saving: "Saving the world",
	backing_up: "Making a backup",
	releasing: "Tidying up",
};

// The steps of each way, in order, with the short names of the progress strip.
const WAKING_STEPS = [
	["requested", "Asked"], ["provisioning", "Place"], ["restoring", "World"], ["starting", "Game"],
];

const SETTLING_STEPS = [
	["announcing", "Tell"], ["saving", "Save"], ["backing_up", "Backup"], ["releasing", "Tidy"],
];

// A world that stays on this machine is neither brought back nor taken away.
const NOT_HERE = { local: ["restoring", "backing_up"] };

export function stepsOf(server) {
	const steps = server.state === "waking" ? WAKING_STEPS : SETTLING_STEPS;
	const without = NOT_HERE[server.provider] ?? [];
	return steps.filter(([phase]) => phase === server.phase || !without.includes(phase));
}

// Who comes over roost's own socket is whoever owns the machine's roost.
export function person(name) {
	return name === "local" ? "the owner" : name;
}

export const GAMES = {
	"minecraft-java": "Minecraft: Java Edition",
	"minecraft-bedrock": "Minecraft: Bedrock Edition",
	source: "Source engine game",
	tcp: "TCP game",
	udp: "UDP game",
};

export const ROLES = {
	player: "Player",
	staff: "Staff",
	admin: "Admin",
};

const ORDER = ["nobody", "player", "staff", "admin"];

export function roleAtLeast(role, least) {
	return ORDER.indexOf(role) >= ORDER.indexOf(least);
}

// How somebody asked: completes "woken by Ada …".
const WAYS = {
	join: "who joined",
	api: "through the API",
	cli: "from the command line",
	web: "from this page",
	discord: "from Discord",
	schedule: "on schedule",
};

// Who woke a run and how, to stand behind the word "Woken"; null when it is not known.
export function wokenBy(run) {
	if (!run?.by && !run?.cause)
		return null;
	if (run.cause === "crash")
		return "again, after a crash";
	if (run.cause === "schedule")
		return run.by && run.by !== "schedule" ? `by the schedule ${run.by}` : "on schedule";
	const who = person(run.by || "somebody");
	return WAYS[run.cause] ? `by ${who}, ${WAYS[run.cause]}` : `by ${who}`;
}

// Why nobody asked and yet it goes down (or up): completes "… because".
export const BECAUSE = {
	idle: "nobody was on any more",
	max_duration: "its time was up",
	min_players: "too few players were on",
	interruption: "its machine was taken away",
	crash: "the game crashed",
	schedule: "the schedule says so",
};

export function way(cause) {
	return WAYS[cause] ? ` ${cause === "join" ? "by joining" : WAYS[cause]}` : "";
}

const countFormat = new Intl.NumberFormat();

export function plural(count, one, many = `${one}s`) {
	return `${countFormat.format(count)} ${count === 1 ? one : many}`;
}

const sizeFormat = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

export function bytes(count) {
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	let step = 0;
	let rest = count;
	for (; rest >= 1000 && step < units.length - 1; step++)
		rest /= 1024;
	return `${step < 3 ? Math.round(rest) : sizeFormat.format(rest)} ${units[step]}`;
}
