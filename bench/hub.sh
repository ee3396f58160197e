#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# hub BUILD - the feed's fan-out beside nginx with nchan: one core for the hub, one
# for all subscribers and publishers, each hub once in each round, rounds in rotating
# order; `sends` is roost without io_uring. Prints Markdown: median (lowest-highest), and ratios formed inside each round.
# About ten minutes; QUICK=1: under two.
set -eu
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build}")
port=${BENCH_PORT:-21200}
if [ -n "${QUICK:-}" ]; then
	rounds=${ROUNDS:-1} seconds=2 many=2000 most=4000
else
	rounds=${ROUNDS:-3} seconds=4 many=10000 most=18000
fi
ninja -C "$build" bench-hub roost >/dev/null || { ninja -C "$build" bench-hub roost | tail -20; exit 1; }
tools=$build/bench/hub
work=$(mktemp -d)
results=$work/results
pid='' worker=''
stop() {
	[ -z "$pid" ] || { kill "$pid" 2>/dev/null || :; wait "$pid" 2>/dev/null || :; }
	pid=''
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
ulimit -n "$(ulimit -Hn)"

cat >"$work/nchan" <<END
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid $work/nginx.pid;
error_log $work/nginx.log crit;
events { worker_connections 19900; }
http {
    access_log off;
    keepalive_requests 100000000;
    nchan_shared_memory_size 256M;
    client_body_temp_path $work/body;
    proxy_temp_path $work/proxy;
    fastcgi_temp_path $work/fastcgi;
    uwsgi_temp_path $work/uwsgi;
    scgi_temp_path $work/scgi;
    server {
        listen 127.0.0.1:$port backlog=4096;
        location = /pub { nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 200; }
        location = /sub { nchan_subscriber websocket eventsource; nchan_channel_id bench; nchan_subscriber_first_message newest; }
        location = /healthz { return 200 "ok"; }
    }
}
END
cat >"$work/roost.yaml" <<END
data: $work/data
http: { listen: "127.0.0.1:$port" }
gate: { listen: [] }
channels: [{ name: bench, read: player, post: player }]
servers: []
END

sed "s/http: { /&io_uring: false, /" "$work/roost.yaml" >"$work/sends.yaml"

is_there() { ss -Hltn "sport = :$port" | grep -q .; }
start() {	# a process of its own on core 0; $worker is who does the work
	rm -rf "$work/data"
	case $1 in
	roost|sends) set -- "$build/roost" serve --config "$work/$1.yaml" ;;
	nchan) set -- nginx -p "$work" -c "$work/nchan" ;;
	esac
	taskset -c 0 "$@" >"$work/log" 2>&1 &
	pid=$! worker=$!
	for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
		sleep 0.1
		is_there || continue
		case $1 in
		nginx)
			worker=$(ps -o pid= --ppid "$pid" | head -1 | tr -d ' ')
			[ -z "$worker" ] || return 0 ;;
		*)
			ROOST_TOKEN=$(ROOST_DATA="$work/data" "$build/roost" token create bench 2>/dev/null |
				grep -o 'roost_[A-Za-z0-9_-]*' | head -1) || :
			export ROOST_TOKEN
			[ -z "$ROOST_TOKEN" ] || return 0 ;;
		esac
	done
	echo "hub: $* did not start:" >&2
	cat "$work/log" >&2
	exit 1
}
line=
measure() {	# round, hub, test, generator, transport, subscribers, [publishers], [bytes]
	start "$2"
	client=$2
	[ "$client" != sends ] || client=roost
	line=$(taskset -c 1 "$tools/bench-hub-$4" "$client" "$5" "$port" "$worker" "$6" "$seconds" "${7:-1}" "${8:-$bytes}") || {
		echo "hub: $3 with $2 failed" >&2
		stop
		return 0
	}
	stop
	for pair in $line; do
		echo "$3 ${pair%%=*} $2 $1 ${pair#*=}" >>"$results"
	done
}
value_of() { for pair in $line; do [ "${pair%%=*}" != "$1" ] || echo "${pair#*=}"; done; }

begun=$(date +%s)
# nchan's events are made as long as roost's are on the wire.
bytes=400
measure 0 roost probe fan ws 100
bytes=$(value_of bytes_each)
: >"$results"
order='roost sends nchan'
round=1
while [ "$round" -le "$rounds" ]; do
	for name in $order; do
		[ -t 2 ] && printf '\rhub: round %d of %d, %-8s' "$round" "$rounds" "$name" >&2
		for transport in ws sse; do
			for count in 1000 "$many"; do
				measure "$round" "$name" "$transport-$count-1" fan $transport "$count" 1
				measure "$round" "$name" "$transport-$count-16" fan $transport "$count" 16
			done
			measure "$round" "$name" "$transport-idle-1000" idle $transport 1000
			measure "$round" "$name" "$transport-idle-$most" idle $transport "$most"
		done
		measure "$round" "$name" "ws-api-$many" api ws "$many"
	done
	order="${order#* } ${order%% *}"
	round=$((round + 1))
done
[ -t 2 ] && printf '\r%60s\r' '' >&2

echo "## The feed's fan-out beside nchan"
echo
echo "- machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores, Linux $(uname -r)"
echo "- programs: $(nginx -v 2>&1 | sed 's/.*: //'), nchan $(dpkg-query -W -f '${Version}' libnginx-mod-nchan), roost $(git describe --always --dirty 2>/dev/null || echo '?')"
echo "- date: $(date -u +%Y-%m-%d); rounds: $rounds; command: \`sh bench/hub.sh\`; took $(($(date +%s) - begun)) s"
echo "- one core for the hub, one for subscribers and publishers; events of $bytes bytes on the wire; roost's are committed to disk before they are told, nchan's are kept in memory; CPU of all threads from /proc/PID/task/*/schedstat"
echo
awk -v many="$many" -v most="$most" -f bench/hub.awk "$results"
