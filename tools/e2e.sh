#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# e2e BUILD [quick] - the end-to-end tests against BUILD/roost. `quick` leaves out
# the long hold and the browser (for sanitized builds). Installs the clients from
# npm when the lock file changed.
set -eu
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build}")
tools=$PWD/tools
cd tests/e2e
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
	npm ci --no-audit --no-fund --loglevel=error
fi
files=$(ls ./*.test.mjs)
[ "${2:-}" != quick ] || files='./badinput.test.mjs ./crash.test.mjs ./feed.test.mjs ./keeper.test.mjs ./push.test.mjs ./tcp.test.mjs ./websocket-protocol.test.mjs ./webhook.test.mjs'
export ROOST_BUILD="$build"
# Detected faults end the daemon, and so the test.
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 ASAN_OPTIONS=detect_leaks=0
export TSAN_OPTIONS=halt_on_error=1:suppressions="$tools/tsan.supp"
# shellcheck disable=SC2086
exec node --test --test-reporter=tap --test-concurrency="${E2E_JOBS:-2}" $files
