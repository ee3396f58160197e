// SPDX-License-Identifier: Apache-2.0
// The chosen light or dark, before the first paint; so this one is not a module.
(() => {
	let theme = null;
	try {
		theme = localStorage.getItem("roost.theme");
	} catch {
		// No storage: the system's preference holds.
	}
	if (theme === "light" || theme === "dark")
		document.documentElement.dataset.theme = theme;
})();
