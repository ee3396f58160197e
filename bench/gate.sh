#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gate BUILD - the relay beside HAProxy and nginx: one core for the proxy, one
# for players and game together, every candidate once in each round, rounds in
# rotating order. Prints Markdown: median (lowest-highest), and ratios formed
# inside each round. About six minutes; QUICK=1: under one.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
proxy_port=${BENCH_PORT:-21100}
game_port=$((proxy_port + 1))
if [ -n "${QUICK:-}" ]; then
	rounds=${ROUNDS:-1} short=1 long=1 idle=500
else
	rounds=${ROUNDS:-5} short=2 long=4 idle=5000
fi
ninja -C "$build" bench-gate >/dev/null || { ninja -C "$build" bench-gate | tail -20; exit 1; }
tools=$build/bench/gate
work=$(mktemp -d)
results=$work/results
pid='' worker=''
stop() {
	[ -z "$pid" ] || { kill "$pid" 2>/dev/null || :; wait "$pid" 2>/dev/null || :; }
	pid=''
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

haproxy_config() {	# options of the proxy, options of the process
	cat <<-END
	global
	    nbthread 1
	    maxconn 7900
	    $2
	defaults
	    mode tcp
	    timeout connect 5s
	    timeout client 50s
	    timeout server 50s
	    $1
	listen gate
	    bind 127.0.0.1:$proxy_port
	    server game 127.0.0.1:$game_port
	END
}
nginx_config() {	# options of the stream
	cat <<-END
	load_module /usr/lib/nginx/modules/ngx_stream_module.so;
	daemon off;
	worker_processes 1;
	worker_rlimit_nofile 20000;
	pid $work/nginx.pid;
	error_log $work/nginx.log crit;
	events { worker_connections 19000; }
	stream {
	    $1
	    server { listen 127.0.0.1:$proxy_port backlog=4096; proxy_pass 127.0.0.1:$game_port; }
	}
	END
}
haproxy_config '' '' >"$work/haproxy"
haproxy_config '' 'tune.bufsize 65536' >"$work/haproxy-64k"
haproxy_config 'option splice-request
    option splice-response' '' >"$work/haproxy-splice"
nginx_config '' >"$work/nginx"
nginx_config 'proxy_buffer_size 65536;' >"$work/nginx-64k"

start() {	# candidate: a process of its own on core 0; $worker is who does the work
	case $1 in
	relay*) set -- "$tools/bench-relay" "$proxy_port" "$game_port" "${1#relay-}" ;;
	haproxy*) set -- haproxy -db -f "$work/$1" ;;
	nginx*) set -- nginx -p "$work" -c "$work/$1" ;;
	esac
	taskset -c 0 "$@" >"$work/log" 2>&1 &
	pid=$! worker=$!
	# Not asked by connecting: a visit would be counted.
	for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		if ss -Hltn "sport = :$proxy_port" | grep -q .; then
			[ "$1" != nginx ] || worker=$(ps -o pid= --ppid "$pid" | head -1 | tr -d ' ')
			[ -z "$worker" ] || return 0
		fi
		sleep 0.05
	done
	echo "gate: $* did not start:" >&2
	cat "$work/log" >&2
	exit 1
}
measure() {	# round, candidate, test, generator, seconds, [number], [game port]
	start "$2"
	line=$(taskset -c 1 "$tools/bench-$4" "$proxy_port" "${7:-$game_port}" "$worker" "$5" "${6:-0}") || {
		echo "gate: $3 with $2 failed" >&2
		stop
		return 0
	}
	stop
	for pair in $line; do
		echo "$3 ${pair%%=*} ${2%-ready} $1 ${pair#*=}" >>"$results"
	done
}
candidate() {	# round, candidate: everything it takes part in
	measure "$1" "$2" bulk-1 bulk "$short" 1
	measure "$1" "$2" bulk-8 bulk "$short" 8
	case $2 in *-64k | *-splice) return ;; esac
	measure "$1" "$2" connects connects "$short"
	measure "$1" "$2" packets-1 packets "$short" 1
	measure "$1" "$2" packets-100 packets "$short" 100
	measure "$1" "$2" mix mix "$long"
	measure "$1" "$2" idle idle 1 "$idle"
}

begun=$(date +%s)
order='relay-ready haproxy haproxy-64k haproxy-splice nginx nginx-64k'
round=1
while [ "$round" -le "$rounds" ]; do
	for name in $order; do
		[ -t 2 ] && printf '\rgate: round %d of %d, %-16s' "$round" "$rounds" "$name" >&2
		candidate "$round" "$name"
	done
	measure "$round" relay-asleep status statuses "$short"
	measure "$round" relay-waking held idle 1 "$idle" 0
	order="${order#* } ${order%% *}"
	round=$((round + 1))
done
[ -t 2 ] && printf '\r%60s\r' '' >&2

echo "## The gate beside its peers"
echo
echo "- machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores, Linux $(uname -r)"
echo "- programs: $(haproxy -v | sed -n '1s/ *-.*//p;1q'), $(nginx -v 2>&1 | sed 's/.*: //'), roost $(git describe --always --dirty 2>/dev/null || echo '?')"
echo "- date: $(date -u +%Y-%m-%d); rounds: $rounds; command: \`sh bench/gate.sh\`; took $(($(date +%s) - begun)) s"
echo "- one core for the proxy, one for players and game together; CPU from /proc/PID/schedstat; the gate reads the handshake before it dials"
echo
awk -f bench/gate.awk "$results"
