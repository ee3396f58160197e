#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# datagram BUILD - UDP games through the relay beside nginx's stream module (HAProxy
# carries no UDP): one core for the proxy, one for clients and game together, both
# once in each round. Prints Markdown: median (lowest-highest), and ratios formed
# inside each round. About a minute; QUICK=1: one round.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
port=${BENCH_PORT:-21200}	# and the next two
rounds=${ROUNDS:-5} seconds=1.5
[ -z "${QUICK:-}" ] || rounds=1 seconds=1
ninja -C "$build" bench-gate >/dev/null || { ninja -C "$build" bench-gate | tail -20; exit 1; }
tools=$build/bench/gate
work=$(mktemp -d)
pid='' worker=''
stop() {
	[ -z "$pid" ] || { kill "$pid" 2>/dev/null || :; wait "$pid" 2>/dev/null || :; }
	pid=''
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cat >"$work/nginx.conf" <<END
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid $work/nginx.pid;
error_log $work/nginx.log crit;
events { worker_connections 19000; }
stream { server { listen 127.0.0.1:$((port + 2)) udp; proxy_pass 127.0.0.1:$((port + 1)); proxy_timeout 60s; } }
END
start() {
	case $1 in
	gate) set -- "$tools/bench-relay" "$port" "$((port + 1))" ready udp ;;
	nginx) set -- nginx -p "$work" -c "$work/nginx.conf" ;;
	esac
	taskset -c 0 "$@" >"$work/log" 2>&1 &
	pid=$! worker=$!
	for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		if ss -Hlun "sport = :$((port + 2))" | grep -q .; then
			[ "$1" != nginx ] || worker=$(ps -o pid= --ppid "$pid" | head -1 | tr -d ' ')
			[ -z "$worker" ] || return 0
		fi
		sleep 0.05
	done
	echo "datagram: $* did not start:" >&2
	cat "$work/log" >&2
	exit 1
}
round=1
order='gate nginx'
while [ "$round" -le "$rounds" ]; do
	for load in '1 1' '100 1' '100 4' '1000 1'; do
		for who in $order; do
			start "$who"
			# shellcheck disable=SC2086
			line=$(taskset -c 1 "$tools/bench-datagrams" "$((port + 2))" "$((port + 1))" "$worker" "$seconds" $load)
			stop
			echo "$round $who ${load% *}x${load#* } $line" >>"$work/results"
		done
	done
	order="${order#* } ${order%% *}"
	round=$((round + 1))
done
echo "- machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores, Linux $(uname -r)"
echo "- programs: $(nginx -v 2>&1 | sed 's/.*: //'), roost $(git describe --always --dirty 2>/dev/null || echo '?')"
echo "- date: $(date -u +%Y-%m-%d); rounds: $rounds; command: \`sh bench/datagram.sh\`"
echo
echo '| clients x datagrams under way | measure | gate | nginx stream | gate / nginx |'
echo '|---|---|---|---|---|'
awk '
function sorted(list, n,    i, j, t) {
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && list[j] < list[j - 1]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
}
function middle(list, n) { return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2 }
function number(x) { return x >= 100 ? sprintf("%.0f", x) : sprintf("%.3g", x) }
function cell(load, measure, who,    r, n, list) {
	for (r = 1; r <= rounds; r++) list[++n] = value[r, who, load, measure] + 0
	sorted(list, n)
	return n == 1 ? number(list[1]) : number(middle(list, n)) " (" number(list[1]) "-" number(list[n]) ")"
}
function ratio(load, measure,    r, n, list) {
	for (r = 1; r <= rounds; r++)
		if (value[r, "nginx", load, measure] > 0)
			list[++n] = value[r, "gate", load, measure] / value[r, "nginx", load, measure]
	sorted(list, n)
	return n == 0 ? "-" : sprintf("%.2f", middle(list, n))
}
{
	rounds = $1 > rounds ? $1 : rounds
	if (!(($3) in seen)) { seen[$3] = 1; loads[++count] = $3 }
	for (i = 4; i <= NF; i++) { split($i, pair, "="); value[$1, $2, $3, pair[1]] = pair[2] }
}
END {
	split("datagrams_per_s cpu_s_per_100k p99_us lost", measures, " ")
	title["datagrams_per_s"] = "datagrams a second"; title["cpu_s_per_100k"] = "CPU s for 100k"
	title["p99_us"] = "p99 us"; title["lost"] = "lost"
	for (l = 1; l <= count; l++)
		for (m = 1; m <= 4; m++)
			print "| " loads[l] " | " title[measures[m]] " | " cell(loads[l], measures[m], "gate") " | " \
				cell(loads[l], measures[m], "nginx") " | " ratio(loads[l], measures[m]) " |"
}' "$work/results"
