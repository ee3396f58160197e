#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# layers - fail when a folder of src/core or src/edge, or src/cli, includes one
# that tools/layers.txt does not allow. A folder with no row fails as well.
set -eu
cd "$(dirname "$0")/.."
# The rules themselves must only point down.
awk '{ sub(":", "", $1); for (i = 2; i <= NF; i++) print $1, $i }' tools/layers.txt | tsort > /dev/null
for root in src/core src/edge src; do
	(cd "$root" && grep -rHo '^ *# *include "[a-z_]*/' --include='*.[ch]' . |
		sed -n 's|^\./\([a-z_]*\)/\([^:]*\):.*"\([a-z_]*\)/$|\1 \3 \1/\2|p')
done |
grep -v '^core \|^edge \|^bin ' |
awk '
BEGIN {
	while ((getline < "tools/layers.txt") > 0) {
		sub(":", "", $1)
		known[$1] = 1
		for (i = 2; i <= NF; i++)
			may[$1, $i] = 1
	}
}
!($1 in known) { print $1 ": has no row in tools/layers.txt"; bad = 1; next }
$1 != $2 && !(($1, $2) in may) { print $3 ": may not include " $2 "/"; bad = 1 }
END { exit bad }' | sort -u | { ! grep . ; }
