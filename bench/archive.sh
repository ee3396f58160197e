#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# archive BUILD - a backup and its restore beside tar and zstd: the same world, made once, each
# candidate once in every round, rounds in alternating order, all synced to the disk. Ours also
# hashes every file and the whole, and checks both when it restores. Prints Markdown: median
# (lowest-highest), and ratios formed inside each round. 20,000 files, 5 GB; QUICK=1: 1 GB.
# Needs twice the world's room and some at BENCH_DIRECTORY (default: beside BUILD).
set -eu
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build}")
if [ -n "${QUICK:-}" ]; then rounds=${ROUNDS:-3} size=1000; else rounds=${ROUNDS:-3} size=5000; fi
files=20000
ninja -C "$build" bench/archive/bench-archive >/dev/null
tool=$build/bench/archive/bench-archive
work=$(mktemp -d "${BENCH_DIRECTORY:-$build}/bench-archive-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
world=$work/world results=$work/results
began=$(date +%s)
"$tool" make "$world" $files $size
sync -f "$world"
bytes=$(du -sb --apparent-size "$world" | cut -f1)

ours() {
	mkdir "$work/store"
	told=$("$tool" pack "$world" "$work/store")
	echo "pack roost $told" >> "$results"
	sync -f "$work"
	told=$("$tool" restore "$work/store" "$work/back")
	echo "restore roost $told" >> "$results"
	diff -rq "$world" "$work/back" | grep -v 'back: .roost$' | { ! grep . ; } || { echo "what came back is another world" >&2; exit 1; }
	packed=$(du -sb "$work/store" | cut -f1)
	rm -rf "$work/store" "$work/back"
}
theirs() {
	told=$("$tool" run "tar -C '$world' -cf - . | zstd -q -3 -T1 | cat > '$work/tar.zst' && sync '$work/tar.zst'")
	echo "pack tar $told" >> "$results"
	sync -f "$work"
	mkdir "$work/back"
	told=$("$tool" run "zstd -dcq '$work/tar.zst' | tar -C '$work/back' -xf - && sync -f '$work/back'")
	echo "restore tar $told" >> "$results"
	rm -rf "$work/tar.zst" "$work/back"
}
for round in $(seq "$rounds"); do
	if [ $((round % 2)) -eq 1 ]; then ours; theirs; else theirs; ours; fi
done

cat <<END
## Backups, beside tar and zstd

- machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores, Linux $(uname -r)
- programs: $(tar --version | head -1), $(zstd --version | sed 's/.*CLI \([^,]*\).*/\1/'), roost $(git describe --always --dirty 2>/dev/null || echo unknown)
- date: $(date -u +%F); rounds: $rounds; command: \`${QUICK:+QUICK=1 }sh bench/archive.sh\`; took $(($(date +%s) - began)) s
- the world: $files files, $((bytes / 1000000)) MB (packed: $((packed / 1000000)) MB), in the page cache; everything synced to the same disk

END
awk -v mb="$((bytes / 1000000))" '
{ key = $1 " " $2; n[key]++; s[key, n[key]] = $3; c[key, n[key]] = $4; if ($5 > peak[$1]) peak[$1] = $5 }
function sorted(list, count,   i, j, t) {
	for (i = 2; i <= count; i++) for (j = i; j > 1 && list[j] < list[j - 1]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
}
function told(list, count, format) {
	sorted(list, count)
	return sprintf(format " (" format "-" format ")", list[int((count + 1) / 2)], list[1], list[count])
}
function row(what, title,   i, a, b, k, ours, theirs) {
	ours = what " roost"; theirs = what " tar"; k = n[ours]
	for (i = 1; i <= k; i++) { a[i] = mb / s[ours, i]; b[i] = mb / s[theirs, i]; r[i] = a[i] / b[i] }
	printf "| %s: MB/s | %s | %s | %s |\n", title, told(a, k, "%.0f"), told(b, k, "%.0f"), told(r, k, "%.2f")
	for (i = 1; i <= k; i++) { a[i] = c[ours, i]; b[i] = c[theirs, i]; r[i] = a[i] / b[i] }
	printf "| the same: CPU s | %s | %s | %s |\n", told(a, k, "%.1f"), told(b, k, "%.1f"), told(r, k, "%.2f")
	printf "| the same: most memory, MB | %.0f | | |\n", peak[what] / 1e6
}
END {
	print "| measure | roost | tar, zstd -3 -T1 | roost / tar |"
	print "|---|---|---|---|"
	row("pack", "backup"); row("restore", "restore")
}' "$results"
