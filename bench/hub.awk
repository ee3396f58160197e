# SPDX-License-Identifier: Apache-2.0
# hub.awk - lines of "test measure hub round value" as a Markdown table: median
# (lowest-highest) for each hub, and roost's ratios to nchan, formed inside each round.

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
		if ((row, who, r) in value && (row, "nchan", r) in value && value[row, "nchan", r] > 0)
			list[++n] = value[row, who, r] / value[row, "nchan", r]
	return n == 0 ? "-" : sprintf("%.2f", median(list, n))
}
function print_row(test, measure, title,    row) {
	row = test " " measure
	print "| " title " | " cell(row, "roost") " | " cell(row, "sends") " | " cell(row, "nchan") " | " ratio(row, "roost") " | " ratio(row, "sends") " |"
}
function print_fan(transport, name, count,    base) {
	base = transport "-" count
	print_row(base "-1", "per_s", name ", " count " subscribers, one event under way: deliveries/s")
	print_row(base "-1", "cpu_s_per_million", "the same: CPU s for a million deliveries")
	print_row(base "-1", "last_p50_ms", "the same: published to the last subscriber, p50 ms")
	print_row(base "-1", "last_p99_ms", "the same: p99 ms")
	print_row(base "-16", "per_s", name ", " count " subscribers, 16 events under way: deliveries/s")
	print_row(base "-16", "cpu_s_per_million", "the same: CPU s for a million deliveries")
	print_row(base "-16", "last_p99_ms", "the same: published to the last subscriber, p99 ms")
}
function print_idle(transport, name) {
	print_row(transport "-idle-" most, "bytes_each", name ": own memory for each idle subscriber, bytes")
	print_row(transport "-idle-" most, "enter_cpu_us", "the same: CPU us to let one in")
	print_row(transport "-idle-1000", "request_cpu_us", name ": CPU us for a small request beside 1000 idle")
	print_row(transport "-idle-" most, "request_cpu_us", "the same beside " most " idle")
}
{
	value[$1 " " $2, $3, $4] = $5
	if ($4 > rounds)
		rounds = $4
}
END {
	print "| measure | roost | without io_uring | nchan | roost / nchan | without / nchan |"
	print "|---|---|---|---|---|---|"
	print_fan("ws", "WebSocket", 1000)
	print_fan("ws", "WebSocket", many)
	print_fan("sse", "SSE", 1000)
	print_fan("sse", "SSE", many)
	print_idle("ws", "WebSocket")
	print_idle("sse", "SSE")
	print_row("ws-api-" many, "p50_ms", "small request during 5 broadcasts a second to " many ": p50 ms")
	print_row("ws-api-" many, "p99_ms", "the same: p99 ms")
	print_row("ws-api-" many, "max_ms", "the same: longest ms")
}
