/* SPDX-License-Identifier: Apache-2.0 */
/* Our counters in Prometheus' text form (exposition format 0.0.4), behind what the API tells. */

#include "web/web_inner.h"

static void
put(struct buf *to, const char *name, const char *type, const char *help, uint64_t value)
{
	buf_format(to, "# HELP roost_%s %s\n# TYPE roost_%s %s\nroost_%s %llu\n", name, help, name,
		   type, name, (unsigned long long)value);
}

void
metrics_put(const struct web *web, struct buf *to)
{
	const struct http_counters *http = http_server_counters(web->server);
	const struct web_counters *own = &web->counters;
	const struct {
		const char *name, *type, *help;
		uint64_t value;
	} rows[] = {
		{ "http_open_connections", "gauge", "Connections open now.", http->open },
		{ "http_open_streams", "gauge", "Streams open now.", http->streams },
		{ "http_connections_total", "counter", "Connections accepted.", http->accepted },
		{ "http_refused_full_total", "counter", "Connections over the limit.",
		  http->refused_full },
		{ "http_refused_prefix_total", "counter", "Connections over one peer's limit.",
		  http->refused_prefix },
		{ "http_refused_uid_total", "counter", "Local connections of other users.",
		  http->refused_uid },
		{ "http_requests_total", "counter", "Whole requests received.", http->requests },
		{ "http_bad_requests_total", "counter", "Malformed requests.", http->bad_requests },
		{ "http_timeouts_total", "counter", "Requests that came or were answered too late.",
		  http->timeouts },
		{ "http_tls_failures_total", "counter", "TLS sessions that failed.",
		  http->tls_failures },
		{ "http_sent_bytes_total", "counter", "Bytes given to the kernel.",
		  http->bytes_sent },
		{ "api_requests_total", "counter", "Requests carried to the API.",
		  own->api_requests },
		{ "api_requests_in_flight", "gauge", "Requests the API has not answered.",
		  web->in_flight },
		{ "api_refused_busy_total", "counter", "Requests refused because it was busy.",
		  own->api_refused },
		{ "web_foreign_refused_total", "counter", "Requests from other sites' pages.",
		  own->foreign_refused },
		{ "web_asset_requests_total", "counter", "Requests for the page's files.",
		  own->asset_requests },
		{ "feed_open_readers", "gauge", "Readers of the feed over SSE now.",
		  web->readers[TRANSPORT_SSE] },
		{ "feed_readers_total", "counter", "Readers of the feed over SSE.",
		  own->readers_opened },
		{ "feed_readers_slow_total", "counter", "Readers closed for being too slow.",
		  own->readers_slow },
		{ "feed_readers_refused_total", "counter", "Readers over the limit.",
		  own->readers_refused },
		{ "websocket_connections", "gauge", "WebSocket connections now.",
		  web->sockets.count },
		{ "websocket_connections_total", "counter", "WebSocket connections opened.",
		  own->sockets_opened },
		{ "websocket_closed_total", "counter", "WebSocket connections ended.",
		  own->sockets_closed },
		{ "websocket_too_many_total", "counter",
		  "WebSocket connections closed for too many messages.", own->sockets_too_many },
		{ "websocket_no_pong_total", "counter",
		  "WebSocket connections closed because no pong came.", own->sockets_no_pong },
		{ "websocket_received_total", "counter", "Messages of WebSocket clients.",
		  own->socket_messages_in },
		{ "websocket_sent_total", "counter",
		  "Messages to single WebSocket clients; events are not counted.",
		  own->socket_messages_out },
		{ "websocket_unfinished_bytes", "gauge", "Bytes of messages not yet whole.",
		  web->sockets_held },
		{ "feed_io_uring", "gauge", "Is a broadcast sent through io_uring?",
		  flush_has_io_uring(web->flush) },
		{ "feed_events_total", "counter", "Events published.", own->events_published },
		{ "feed_pages_total", "counter", "Pages of the record read for readers.",
		  own->pages_read },
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++)
		put(to, rows[i].name, rows[i].type, rows[i].help, rows[i].value);
}
