#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bench BUILD - all figures of docs/performance.md, beside their peers, in one run.
set -eu
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build}")
sh bench/gate.sh "$build"
sh bench/datagram.sh "$build"
sh bench/hub.sh "$build"
[ -d tests/e2e/node_modules ] || (cd tests/e2e && npm ci --no-audit --no-fund --loglevel=error)
ROOST_BUILD="$build" node bench/wake.mjs
ninja -C "$build" bench/store/bench-store >/dev/null
ROOST_BUILD="$build" node bench/latency.mjs
record=$(mktemp -d)
trap 'rm -rf "$record"' EXIT
"$build"/bench/store/bench-store "$record"
sh bench/archive.sh "$build"
