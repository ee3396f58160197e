#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# defects - docs/defects.md has a row for every defect, each row a test or the reason why not yet,
# and every test that it names is there: `unit/FOLDER/FILE NAME`, `e2e/FILE TITLE`, `sim TITLE` (a
# scenario), `mutant NAME` (a guard rail that the simulator misses when it is broken).
set -u
cd "$(dirname "$0")/.."
page=docs/defects.md

ids() { for series in 'A 15' 'B 11' 'C 14' 'D 18'; do
	# shellcheck disable=SC2086
	set -- $series; seq -f "$1%g" 1 "$2"; done; }
rows() {
	for id in $(ids); do
		row=$(grep "^| $id |" "$page") || { echo "$page: no row for $id"; continue; }
		[ "$(printf '%s\n' "$row" | wc -l)" -eq 1 ] || echo "$page: $id stands there more than once"
		printf '%s\n' "$row" | grep -qE '`(unit/|e2e/|sim |mutant )|\*not yet\*' ||
			echo "$page: $id names no test, and does not say why not yet"
	done
}
tests() {
	# shellcheck disable=SC2016
	grep -o '`[^`]*`' "$page" | tr -d '`' | sort -u | while read -r kind name; do
		case $kind in
		unit/*)	grep -qE "[([:space:]]$name[,)]" "tests/${kind}_test.c" 2>/dev/null &&
			grep -q "^$name(" "tests/${kind}_test.c" ;;
		e2e/*)	grep -qF "test('$name'" "tests/$kind.test.mjs" 2>/dev/null ;;
		sim)	grep -qF "{ \"$name\"" sim/scenario/scenario.c ;;
		mutant)	grep -q "^MUTANT_ROW($name," src/core/base/mutant.def ;;
		*)	true ;;
		esac || echo "$page: there is no test: $kind $name"
	done
}
{ rows; tests; } | { ! grep . ; }
