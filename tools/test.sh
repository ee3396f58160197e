#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# test BUILD - every quality command, one after the other, each with its own
# count; goes on after a failure, and ends with one line `N passed, N failed`.
# SEEDS sets how many the simulator runs; ONLY='units sim' runs just those steps.
set -u
cd "$(dirname "$0")/.."
build=${1:-build}
seeds=${SEEDS:-100000}
passed=0 failed=0
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
began=$(date +%s)

# count PASSED FAILED: add to the sum and print this step's own line.
count() {
	passed=$((passed + $1))
	failed=$((failed + $2))
	printf '   %s passed, %s failed (%s s)\n' "$1" "$2" "$(($(date +%s) - step_began))"
}
step() {
	case " ${ONLY:-$1} " in *" $1 "*) ;; *) return 1 ;; esac
	step_began=$(date +%s)
	printf '== %s\n' "$2"
}
# one NAME COMMAND...: a check that passes or fails as a whole.
one() {
	if "$@" > "$logs/one" 2>&1; then
		count 1 0
	else
		tail -40 "$logs/one"
		count 0 1
	fi
}
# C tests of one build tree: counted by cmocka's own case, and by program where it has none.
meson_tests() {
	tree=$1
	shift
	meson test -C "$tree" --print-errorlogs "$@" > "$logs/meson" 2>&1
	status=$?
	cases=$(grep -ahE '^\[  PASSED  \] [0-9]+ test' "$tree/meson-logs/testlog.txt" | awk '{ n += $4 } END { print n + 0 }')
	wrong=$(grep -ahE '^\[  FAILED  \] [0-9]+ test' "$tree/meson-logs/testlog.txt" | awk '{ n += $4 } END { print n + 0 }')
	programs=$(sed -n 's/^Fail: *\([0-9]*\).*/\1/p;s/^Timeout: *\([0-9]*\).*/\1/p' "$logs/meson" | awk '{ n += $1 } END { print n + 0 }')
	ok=$(sed -n 's/^Ok: *\([0-9]*\).*/\1/p' "$logs/meson" | awk '{ n += $1 } END { print n + 0 }')
	[ "$wrong" -lt "$programs" ] && wrong=$programs
	[ "$cases" -lt "$ok" ] && cases=$ok
	[ "$status" -ne 0 ] && [ "$wrong" -eq 0 ] && wrong=1
	[ "$wrong" -gt 0 ] && tail -60 "$logs/meson"
	count "$cases" "$wrong"
}
seeds_in_halves() {	# two processes, for the two cores that every machine has
	half=$(($2 / 2))
	"$1" --seeds "1..$half" > "$logs/half" 2>&1 &
	"$1" --seeds "$((half + 1))..$2"
	status=$?
	wait $! || status=1
	cat "$logs/half"
	return $status
}
# tree DIRECTORY OPTIONS...: configure once, build. Warnings are errors here, not for whoever builds
# roost with a compiler that knows more of them.
tree() {
	directory=$1
	shift
	if [ -f "$directory/build.ninja" ]; then
		meson configure "$directory" -Dwerror=true
	else
		meson setup "$directory" -Dwerror=true "$@"
	fi > "$logs/setup" 2>&1 || { cat "$logs/setup"; return 1; }
	ninja -C "$directory" > "$logs/ninja" 2>&1 || { grep -E 'error|FAILED' "$logs/ninja" | head -30; return 1; }
}

if step build 'gcc: warnings are errors'; then
	one tree "$build"
fi
if step lint 'lint'; then
	sh tools/lint.sh "$build" > "$logs/lint" 2>&1
	grep -v '^lint: [0-9]* passed' "$logs/lint"
	# shellcheck disable=SC2046
	count $(sed -n 's/^lint: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$logs/lint")
fi
step units 'units and fuzz corpora (gcc)' && meson_tests "$build" --suite unit --suite fuzz
step sim "simulator: $seeds seeds, the regressions, the scenarios and the mutants" && {
	meson_tests "$build" --suite sim
	step_began=$(date +%s)
	one seeds_in_halves "$build/sim/sim" "$seeds"
}
step clang 'clang: warnings are errors' && one tree build-clang --native-file tools/clang.ini
step asan 'units, corpora and simulator under AddressSanitizer and UndefinedBehaviorSanitizer' && {
	if tree build-asan -Db_sanitize=address,undefined -Db_lundef=false; then
		UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 meson_tests build-asan
	else
		count 0 1
	fi
}
step tsan 'units and simulator under ThreadSanitizer' && {
	if tree build-tsan -Db_sanitize=thread -Db_lundef=false; then
		meson_tests build-tsan --suite unit --suite sim
	else
		count 0 1
	fi
}
# end_to_end TREE [quick]: counted by node's own test.
end_to_end() {
	sh tools/e2e.sh "$@" > "$logs/e2e" 2>&1
	sed -n '/^not ok/,/^  \.\.\./p' "$logs/e2e" | head -120
	ok=$(sed -n 's/^# pass \([0-9]*\)$/\1/p' "$logs/e2e" | tail -1)
	wrong=$(sed -n 's/^# fail \([0-9]*\)$/\1/p' "$logs/e2e" | tail -1)
	[ -n "$ok" ] || { tail -30 "$logs/e2e"; ok=0 wrong=1; }
	count "$ok" "${wrong:-1}"
}
step e2e 'end to end: the real daemon, real servers, real clients, a real browser' && end_to_end "$build"
step e2e-asan 'end to end, the daemon under AddressSanitizer' && end_to_end build-asan quick
step e2e-tsan 'end to end, the daemon under ThreadSanitizer' && end_to_end build-tsan quick

printf 'in %s min\n' "$((($(date +%s) - began + 59) / 60))"
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
