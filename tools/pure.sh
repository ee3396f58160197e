#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pure BUILD - fail when a core archive needs more of the world than computing:
# every undefined symbol must be in another core archive or in tools/pure.txt,
# and there is no mutable data at file scope (.data, .bss) in core.
set -eu
build=$(realpath "${1:-build}")
cd "$(dirname "$0")/.."
allowed=tools/pure.txt
archives=$(find "$build/src/core" -name '*.a')
defined=$(mktemp) undefined=$(mktemp)
trap 'rm -f "$defined" "$undefined"' EXIT
# shellcheck disable=SC2086
nm --defined-only $archives 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u > "$defined"
# shellcheck disable=SC2086
nm -A -u $archives 2>/dev/null | sed 's/@.*//' |
	awk 'NF >= 2 && $(NF-1) == "U" { n = split($1, where, ":"); print $NF, where[2] }' | sort -u > "$undefined"
bad=0
awk -v defined="$defined" -v allowed="$allowed" '
BEGIN {
	while ((getline < defined) > 0) ok[$1] = 1
	while ((getline < allowed) > 0) if ($1 !~ /^#/ && NF) ok[$1] = 1
}
$1 in ok || $1 ~ /^(__asan_|__ubsan_|__tsan_|__sanitizer_)/ { next }
{ print "core is not pure: " $2 " needs " $1; bad = 1 }
END { exit bad }' "$undefined" || bad=1
# shellcheck disable=SC2086
mutable=$(objdump -t $archives 2>/dev/null | awk '
	/^In archive|file format/ { if ($1 ~ /:$/) file = $1; next }
	{ for (i = 2; i < NF; i++) if ($i ~ /^\.(data|bss|tdata|tbss)/ && $i !~ /^\.data\.rel\.ro/ && $(i + 1) !~ /^0+$/) print file, $NF }
	' | grep -v ' \.data\| \.bss\|__asan\|__ubsan\|__sancov' || true)
if [ -n "$mutable" ]; then
	echo "core has mutable data at file scope:"
	echo "$mutable"
	bad=1
fi
exit $bad
