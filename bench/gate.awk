# SPDX-License-Identifier: Apache-2.0
# gate.awk - lines of "test measure candidate round value" as a Markdown table:
# median (lowest-highest) for each candidate, and the relay's ratio to the two
# plain peers and the best-tuned one, formed inside each round.

function median(list, n,    i, j, t) {
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && list[j] < list[j - 1]; j--) {
			t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
		}
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}
function number(x) {
	return x >= 1000 ? sprintf("%.0f", x) : x >= 10 ? sprintf("%.1f", x) : sprintf("%.3g", x)
}
function cell(row, who,    n, r, list, m) {
	for (r = 1; r <= rounds; r++)
		if ((row, who, r) in value)
			list[++n] = value[row, who, r] + 0
	if (n == 0)
		return "-"
	m = median(list, n)
	return n == 1 ? number(m) : number(m) " (" number(list[1]) "-" number(list[n]) ")"
}
function ratio(row, who,    n, r, list) {
	for (r = 1; r <= rounds; r++)
		if ((row, "relay", r) in value && (row, who, r) in value && value[row, who, r] > 0)
			list[++n] = value[row, "relay", r] / value[row, who, r]
	return n == 0 ? "-" : sprintf("%.2f", median(list, n))
}
function print_row(test, measure, title, tuned,    row) {
	row = test " " measure
	print "| " title " | " cell(row, "relay") " | " cell(row, "haproxy") " | " cell(row, "nginx") \
	      " | " ratio(row, "haproxy") " | " ratio(row, "nginx") " |"
	if (!tuned)
		return
	print "| - beside 64 KiB buffers | | " cell(row, "haproxy-64k") " | " cell(row, "nginx-64k") \
	      " | " ratio(row, "haproxy-64k") " | " ratio(row, "nginx-64k") " |"
	print "| - beside forced splice | | " cell(row, "haproxy-splice") " | | " \
	      ratio(row, "haproxy-splice") " | |"
}
function print_own(test, measure, title, who,    row) {
	row = test " " measure
	print "| " title " | " cell(row, who) " |"
}
{
	value[$1 " " $2, $3, $4] = $5
	if ($4 > rounds)
		rounds = $4
}
END {
	print "| measure | gate | HAProxy | nginx stream | gate / HAProxy | gate / nginx |"
	print "|---|---|---|---|---|---|"
	print_row("connects", "per_s", "new connections a second")
	print_row("connects", "cpu_us", "CPU us a connection")
	print_row("connects", "p99_ms", "p99 ms")
	print_row("bulk-1", "cpu_s_per_gb", "bulk, 1 stream: CPU s a GB", 1)
	print_row("bulk-1", "gb_per_s", "bulk, 1 stream: GB/s")
	print_row("bulk-8", "cpu_s_per_gb", "bulk, 8 streams: CPU s a GB", 1)
	print_row("bulk-8", "gb_per_s", "bulk, 8 streams: GB/s")
	print_row("packets-1", "p50_us", "64-byte packets, 1 connection: p50 us")
	print_row("packets-1", "cpu_s_per_100k", "the same: CPU s for 100k packets")
	print_row("packets-100", "round_trips_per_s", "64-byte packets, 100 connections: round trips/s")
	print_row("packets-100", "cpu_s_per_100k", "the same: CPU s for 100k packets")
	print_row("packets-100", "p99_us", "the same: p99 us")
	print_row("mix", "cpu_ms_per_s_100", "Minecraft mix, 500 players: CPU ms a second for 100 players")
	print_row("mix", "p50_us", "the same: player to game, p50 us")
	print_row("mix", "p99_us", "the same: player to game, p99 us")
	print_row("idle", "bytes_each", "own memory for each idle player, bytes")
	print ""
	print "| the gate alone | |"
	print "|---|---|"
	print_own("status", "per_s", "status answers a second while asleep, each on its own connection", "relay-asleep")
	print_own("status", "cpu_us", "CPU us for each", "relay-asleep")
	print_own("status", "p99_ms", "p99 ms, 64 at a time", "relay-asleep")
	print_own("held", "bytes_each", "own memory for each held join, bytes", "relay-waking")
	print_own("idle", "idle_cpu_percent", "CPU % with idle players", "relay")
}
