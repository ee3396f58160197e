// SPDX-License-Identifier: Apache-2.0
// Who else has this page open now.

import { ask } from "./link.js";
import { changed, world } from "./world.js";

const CHANNEL = "servers";
const present = new Set();

// The other users, by name.
export function others() {
	return [...present].filter((user) => user !== world.me?.user).sort((a, b) => a.localeCompare(b));
}

export function came({ user }) {
	if (user && !present.has(user)) {
		present.add(user);
		changed("presence");
	}
}

export function left({ user }) {
	if (present.delete(user))
		changed("presence");
}

// Asked behind the subscription, so that nobody who comes in between is missed.
export async function loadPresence() {
	await ask("subscribe", { channels: [CHANNEL], presence: true });
	const { members } = await ask("presence", { channel: CHANNEL });
	present.clear();
	for (const { user } of members)
		if (user)
			present.add(user);
	changed("presence");
}

export function forgetPresence() {
	present.clear();
	changed("presence");
}
