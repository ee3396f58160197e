#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fuzz - run the fuzzers under libFuzzer with ASan and UBSan.
#   tools/fuzz.sh [-s SECONDS] [-m] [NAME...]    each for SECONDS (30); all when none is named
#   -m folds what was learnt into tests/fuzz/corpus/ (only inputs that reach something new)
# Needs clang. What was found so far is kept in build-fuzz/corpus/, failures in build-fuzz/found/.
set -eu
cd "$(dirname "$0")/.."
seconds=30
merge=no
while getopts s:m option; do
	case $option in
	s) seconds=$OPTARG ;;
	m) merge=yes ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

build=build-fuzz
if [ ! -f $build/build.ninja ]; then
	CC=${FUZZ_CC:-clang} meson setup $build -Db_sanitize=address,undefined -Dwerror=false \
		-Dc_args=-fsanitize=fuzzer-no-link
fi
ninja -C $build ${FUZZ_JOBS:+-j$FUZZ_JOBS} fuzzers

[ $# -gt 0 ] || set -- $(ls tests/fuzz/fuzz_*.c | sed 's|.*/fuzz_||; s|\.c$||' | grep -vx main)
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
failed=
for name; do
	mkdir -p $build/corpus/"$name" $build/found tests/fuzz/corpus/"$name"
	echo "fuzz-$name: $seconds s"
	$build/tests/fuzz/fuzz-"$name" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
		-artifact_prefix=$build/found/"$name"- -verbosity=0 -print_final_stats=1 \
		$build/corpus/"$name" tests/fuzz/corpus/"$name" || failed="$failed $name"
	if [ $merge = yes ]; then
		$build/tests/fuzz/fuzz-"$name" -merge=1 -use_counters=0 -max_len=300 -verbosity=0 \
			tests/fuzz/corpus/"$name" $build/corpus/"$name"
	fi
done
[ -z "$failed" ] || { echo "failed:$failed (inputs in $build/found/)" >&2; exit 1; }
