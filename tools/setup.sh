#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# setup build|test|bench - install what is missing, through apt, saying what;
# with sudo only when not root. Asks nothing and changes nothing when all is there.
set -eu
for_build='gcc make meson ninja-build pkg-config libuv1-dev libcurl4-openssl-dev libsqlite3-dev
	libjansson-dev libyaml-dev libsodium-dev libssl-dev libcmocka-dev zlib1g-dev libwslay-dev
	libarchive-dev libedit-dev liburing-dev tzdata'
for_test='clang clang-format libclang-rt-dev universal-ctags git curl ca-certificates chromium
	freeciv-server minetest-server teeworlds-server sqlite3 python3 python3-boto3 python3-venv awscli'
for_bench='haproxy nginx-light libnginx-mod-stream libnginx-mod-nchan iproute2'
case ${1:-} in
build) wanted=$for_build ;;
test) wanted="$for_build $for_test" ;;
bench) wanted="$for_build $for_bench" ;;
*) echo "usage: tools/setup.sh build|test|bench" >&2; exit 2 ;;
esac

if ! command -v apt-get >/dev/null 2>&1; then
	echo "roost: this is not Debian or Ubuntu (no apt-get); install by hand:" $wanted >&2
	exit 1
fi

. /etc/os-release
clang_runtime() {	# the sanitizers' runtime is named after clang's version
	version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\).*/\1/p' | head -1)
	[ -n "$version" ] && echo "libclang-rt-$version-dev"
}
is_there() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
missing=
for package in $wanted; do
	case $package in
	libclang-rt-dev) package=$(clang_runtime) || continue ;;
	chromium) [ "${ID:-}" = debian ] || { command -v chromium >/dev/null 2>&1 || echo \
		"roost: on Ubuntu chromium is a snap; the browser tests are skipped without /usr/bin/chromium" >&2; continue; } ;;
	awscli) [ "${ID:-}" = debian ] || { command -v aws >/dev/null 2>&1 || echo \
		"roost: on Ubuntu awscli is a snap; its tests are skipped without /usr/bin/aws" >&2; continue; } ;;
	esac
	is_there "$package" || missing="$missing $package"
done
case $1 in
test)	# the real clients live on npm; Debian's own node is new enough, any node >= 18 will do
	if ! command -v node >/dev/null 2>&1; then missing="$missing nodejs"; fi
	if ! command -v npm >/dev/null 2>&1; then missing="$missing npm"; fi ;;
esac
# S3 servers for the tests, which no distribution has: moto from PyPI, and versitygw where Go is new
# enough to build it. Beside the tests, and once for each version named here.
moto=5.2.1 versitygw=v1.8.0
own=$(dirname "$0")/../tests/.tools
without() {	# a test that needs it is skipped, which whoever runs the tests is told
	echo "$1" >> "$own/unavailable"
	echo "roost: $2; its tests are skipped" >&2
}
servers() {
	mkdir -p "$own/bin"
	rm -f "$own/unavailable"
	if ! python3 -c "import importlib.metadata as m; exit(m.version('moto') != '$moto')" 2>/dev/null &&
		! "$own/bin/python3" -c "import importlib.metadata as m; exit(m.version('moto') != '$moto')" 2>/dev/null; then
		echo "roost: installing moto $moto for the tests"
		python3 -m venv "$own" && "$own/bin/pip" install -q "moto[server]==$moto" ||
			without moto "moto could not be installed"
	fi
	[ -x "$own/bin/versitygw" ] && [ "$(cat "$own/versitygw.version" 2>/dev/null)" = "$versitygw" ] && return
	go=$(command -v go || true)
	case $("${go:-false}" version 2>/dev/null) in
	'go version go1.2'[4-9]*|'go version go1.'[3-9][0-9]*) ;;
	*) without versitygw "there is no Go 1.24 or newer to build versitygw"; return ;;
	esac
	echo "roost: building versitygw $versitygw for the tests"
	GOBIN=$(cd "$own/bin" && pwd) "$go" install "github.com/versity/versitygw/cmd/versitygw@$versitygw" > /dev/null 2>&1 &&
		echo "$versitygw" > "$own/versitygw.version" ||
		without versitygw "versitygw could not be built"
}
if [ -z "$missing" ]; then
	[ "$1" != test ] || servers
	exit 0
fi

echo "roost: installing$missing"
as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null 2>&1 || {
		echo "roost: the packages above are missing, you are not root, and there is no sudo. As root run:" >&2
		echo "  apt-get update && apt-get install$missing" >&2
		echo "then the same make again as yourself." >&2
		exit 1
	}
	as_root=sudo
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
{ $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing; } \
	> "$log" 2>&1 || {
	tail -20 "$log" >&2
	echo "roost: apt-get could not install the packages above; mend that and run the same command again" >&2
	exit 1
}
[ "$1" != test ] || servers
