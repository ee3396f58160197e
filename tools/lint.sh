#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lint [BUILD] - everything about the source that a machine can say: layout,
# layers, purity, banned calls, size of functions and files, licence lines.
# Prints what is wrong and where; the last line counts.
set -u
cd "$(dirname "$0")/.."
build=${1:-build}
passed=0 failed=0
check() {
	name=$1
	shift
	if output=$("$@" 2>&1); then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "lint: $name"
		printf '%s\n' "$output" | sed 's/^/  /' | head -40
	fi
}
sources() { git ls-files -- "$@"; }

layout() {
	sources 'src/*.c' 'sim/*.c' 'tests/*.c' 'bench/*.c' 'tools/*.c' |
		xargs clang-format --dry-run -Werror 2>&1 | grep -E 'error:' | head -20 | { ! grep . ; }
}
licence() {
	for f in $(sources '*.c' '*.h' '*.def' '*.sh' '*.mjs' '*.js' '*.css' 'meson.build' '*/meson.build'); do
		head -3 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$f: no SPDX line"
	done | { ! grep . ; }
}
banned() {
	while read -r call where; do
		case $call in ''|\#*) continue ;; esac
		sources 'src/*.c' 'src/*.h' 'sim/*.c' |
			xargs grep -nE "(^|[^A-Za-z0-9_.>\"])$call\(" /dev/null |
			grep -vE ':[0-9]+:[[:space:]]*(/?\*|//)' |
			{ [ "$where" = - ] && cat || grep -vE "$where"; } |
			sed "s/^/banned call $call: /"
	done < tools/banned.txt | { ! grep . ; }
}
# A flat dispatch switch may be longer: it says so in a comment `long: why`.
function_sizes() {
	# shellcheck disable=SC2046
	ctags -f - --c-kinds=f --fields=+ne -n $(sources 'src/*.c' 'sim/*.c') |
	awk -F'\t' '{
		line = ""; end = ""
		for (i = 4; i <= NF; i++) {
			if ($i ~ /^line:/) line = substr($i, 6)
			if ($i ~ /^end:/) end = substr($i, 5)
		}
		if (end - line + 1 > 70) print $2 ":" line ": " $1 " has " end - line + 1 " lines (70 at most)"
	}' |
	while IFS=: read -r file line text; do
		sed -n "$((line > 6 ? line - 6 : 1)),${line}p" "$file" | grep -q 'long:' || echo "$file:$line:$text"
	done | { ! grep . ; }
}
file_sizes() {
	for f in $(sources 'src/*.c' 'sim/*.c'); do
		n=$(wc -l < "$f")
		[ "$n" -le 600 ] || echo "$f has $n lines (600 at most, about 300 wished)"
	done | { ! grep . ; }
}
words() {
	sources 'src/*' 'web/*' 'docs/*' '*.md' |
		xargs grep -nE 'TODO|FIXME|XXX|/work/|/root/' /dev/null | { ! grep . ; }
}
describe() {
	"$build/roost" help settings --markdown | diff - docs/configuration.md
}
describe_api() {
	"$build/tools/describe" tools/api.head.md | diff - docs/api.md
}

describe_templates() {
	"$build/tools/describe_templates" tools/templates.head.md | diff - docs/templates.md
}

check "layout: run clang-format -i" layout
check "licence lines" licence
check "layers: tools/layers.txt" sh tools/layers.sh
check "purity of core: tools/pure.txt" sh tools/pure.sh "$build"
check "banned calls: tools/banned.txt" banned
check "functions of over 70 lines" function_sizes
check "files of over 600 lines" file_sizes
check "left-over words" words
check "docs/configuration.md is what the tables say" describe
check "docs/templates.md is what the tables say (build/tools/describe_templates tools/templates.head.md)" describe_templates
check "docs/api.md is what the tables say (build/tools/describe tools/api.head.md)" describe_api
check "docs/defects.md: every defect has its test" sh tools/defects.sh
echo "lint: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
