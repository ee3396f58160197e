/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections by their ids, for others than their clients: what the control plane sends
 * (progress, answers of integrations) comes as letters; what the management API asks for
 * is done where it is answered. Whoever is gone by then takes nothing and says nothing.
 */

#include "web/web_inner.h"

#include <string.h>

#include "sys/clock.h"
#include "wire/websocket/utf8.h"

struct sent {
	struct letter letter;
	struct web *web;
	char id[CONNECTION_ID_SIZE];
	char user[USER_NAME_LIMIT +
		  1];  /* only to a connection of this user; "" = whoever's it is */
	unsigned code; /* to close with; 0 = send the bytes */
	size_t length;
	char bytes[];
};

static bool
is_text(const void *bytes, size_t length)
{
	struct websocket_utf8 utf8 = WEBSOCKET_UTF8_NULL;

	return websocket_utf8_take(&utf8, bytes, length) && websocket_utf8_is_whole(&utf8);
}

static bool
send_message(struct socket *s, const void *bytes, size_t length)
{
	CLEANUP(buf_deinit) struct buf frame = BUF_NULL;

	websocket_put(&frame, is_text(bytes, length) ? WEBSOCKET_TEXT : WEBSOCKET_BINARY, bytes,
		      length);
	return socket_send_frame(s, &frame);
}

/* --- from the control thread ---------------------------------------------------------------- */

/* In the web thread. */
static void
open_sent(void *reader, struct letter *letter)
{
	struct sent *sent = CONTAINER_OF(letter, struct sent, letter);
	struct socket *s = sockets_find(sent->web, sent->id);

	(void)reader;
	if (s != NULL && s->doom == 0 &&
	    (sent->user[0] == '\0' || strcmp(s->identity->user, sent->user) == 0)) {
		if (sent->code != 0)
			socket_finish(s, sent->code, sent->bytes);
		else
			(void)send_message(s, sent->bytes, sent->length);
	}
	mem_free(sent);
}

static struct sent *
sent_new(const char *id, const void *bytes, size_t length)
{
	struct sent *sent = mem_new(sizeof *sent + length + 1);

	(void)text_put(sent->id, sizeof sent->id, id);
	sent->length = length;
	if (length > 0)
		memcpy(sent->bytes, bytes, length);
	return sent;
}

static void
post(struct connections_port *port, struct sent *sent)
{
	sent->web = CONTAINER_OF(port, struct web, connections);
	mailbox_post(sent->web->mailbox, &sent->letter, open_sent);
}

static void
connections_send_to(struct connections_port *port, const char *id, const char *user,
		    const void *bytes, size_t length)
{
	struct sent *sent = sent_new(id, bytes, length);

	(void)text_put(sent->user, sizeof sent->user, user);
	post(port, sent);
}

static void
connections_send(struct connections_port *port, const char *id, const void *bytes, size_t length)
{
	post(port, sent_new(id, bytes, length));
}

static void
connections_close(struct connections_port *port, const char *id, unsigned code, const char *reason)
{
	struct sent *sent = sent_new(id, reason, reason != NULL ? strlen(reason) : 0);

	ASSERT(code != 0);
	sent->code = code;
	post(port, sent);
}

struct revoked {
	struct letter letter;
	struct web *web;
	char digest[DIGEST_TEXT_SIZE];
};

/* In the web thread. */
static void
open_revoked(void *reader, struct letter *letter)
{
	struct revoked *revoked = CONTAINER_OF(letter, struct revoked, letter);
	struct web *web = revoked->web;

	(void)reader;
	for (size_t i = 0; i < web->sockets.room; i++)
		for (struct socket *s = web->sockets.buckets[i]; s != NULL; s = s->next_same)
			if (strcmp(s->identity->digest, revoked->digest) == 0)
				socket_doom(s, CLOSE_RIGHTS);
	streams_revoke(web, revoked->digest);
	mem_free(revoked);
}

static void
connections_revoke(struct connections_port *port, const char *digest)
{
	struct web *web = CONTAINER_OF(port, struct web, connections);
	struct revoked *revoked = mem_new(sizeof *revoked);

	revoked->web = web;
	(void)text_put(revoked->digest, sizeof revoked->digest, digest);
	mailbox_post(web->mailbox, &revoked->letter, open_revoked);
}

void
connections_start(struct web *web)
{
	web->connections.send = connections_send;
	web->connections.send_to = connections_send_to;
	web->connections.close = connections_close;
	web->connections.revoke = connections_revoke;
}

/* --- /@connections -------------------------------------------------------------------------- */

/* When it was last heard of or sent something, to a tenth of a second. */
static struct instant
active_at(const struct socket *s)
{
	uint32_t last = s->heard > s->reader.sent_beat ? s->heard : s->reader.sent_beat;

	return (struct instant){ sys_now().ms - (int64_t)(web_tenths(s->reader.web) - last) * 100 };
}

struct api_answer *
connection_do(struct web *web, const struct api_answer *answer)
{
	struct socket *s = sockets_find(web, answer->connection.id);
	struct connection_found found = { .is = CONNECTION_GONE };
	struct api_answer *done;

	if (s == NULL || s->doom != 0)
		return api_connection_answer(answer->connection.what, &found);
	found = (struct connection_found){ .is = CONNECTION_DONE,
					   .connected_at = s->connected_at,
					   .last_active_at = active_at(s),
					   .ip = *http_stream_ip(s->reader.stream),
					   .user_agent = s->identity->agent };
	/* A poster is told in time to wait; only who does not is the end of the connection. */
	if (answer->connection.what == CONNECTION_POST && socket_unsent(s) > 0 &&
	    socket_unsent(s) + answer->connection.length > web->options.sockets.queue_limit / 4)
		found.is = CONNECTION_FULL;
	else if (answer->connection.what == CONNECTION_POST)
		(void)send_message(s, answer->connection.bytes, answer->connection.length);
	done = api_connection_answer(answer->connection.what, &found);
	if (answer->connection.what == CONNECTION_DELETE)
		socket_finish(s, WEBSOCKET_NORMAL, "Connection Closed Normally");
	return done;
}
