// SPDX-License-Identifier: Apache-2.0
// Light or dark, before the first paint; so this one is not a module. A choice is
// kept in this browser; without one the system's preference holds, also when it changes.
globalThis.theme = (() => {
	const KEY = "roost.theme";
	const system = matchMedia("(prefers-color-scheme: dark)");
	let choice = "system";

	function apply() {
		const dark = choice === "system" ? system.matches : choice === "dark";
		document.documentElement.dataset.theme = dark ? "dark" : "light";
	}

	try {
		const kept = localStorage.getItem(KEY);
		choice = kept === "light" || kept === "dark" ? kept : "system";
	} catch {
		// No storage: the system's preference holds.
	}
	system.addEventListener("change", apply);
	apply();
	return {
		get choice() {
			return choice;
		},
		choose(word) {
			choice = word;
			apply();
			try {
				localStorage.setItem(KEY, word);
			} catch {
				// No storage: it holds until the page is closed.
			}
		},
	};
})();
