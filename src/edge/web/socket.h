/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEB_SOCKET_H
#define ROOST_WEB_SOCKET_H

/*
 * A WebSocket connection, and what the files that serve it share. Private to edge/web.
 *
 * There may be 20,000 of them that say nothing, so what not every one needs is made
 * when it is needed: the message being received, subscriptions, replays. A socket is
 * freed in three places only: when its peer has gone, when a message of its own ends
 * it, and when the doomed are reaped. Whatever else finds that a socket must end (it
 * does not keep up, its rights changed) dooms it, because it may be in the middle of
 * telling many.
 */

#include "feed/channel.h"
#include "http/wheel.h"
#include "api/api.h"
#include "web/reader.h"
#include "wire/websocket/handshake.h"
#include "wire/websocket/in.h"

/* Ours, of the 4000 codes left to applications (docs/realtime.md has the table). */
#define CLOSE_RIGHTS   3005u
#define CLOSE_SLOW     3008u
#define CLOSE_NO_PONG  3012u
#define CLOSE_TOO_MANY 3013u

/* What came with the handshake, shared by all connections that came with the same. */
struct identity;

/* A part of the record told before what is live: events behind `from` up to `until` on some channels. */
struct replay {
	struct replay *next;
	uint64_t from, until;
	struct channel_set channels;
};

struct subscriptions {
	struct subscriptions *next;	/* in the table of the shared */
	size_t references;		/* 0 = this socket's own; shared ones are never changed */
	uint32_t hash;
	struct channel_set channels;
	struct channel_set watched;	/* whose comings and goings are told */
	struct replay *replays;		/* in the order in which they are told */
	size_t replay_count;
	uint64_t place;			/* while there are replays: where it goes on behind them */
};

struct socket {
	struct reader reader;
	struct wheel_entry timer;	/* the earliest of its deadlines */
	struct socket *next_same;	/* in the table of ids */
	struct identity *identity;
	const struct websocket_endpoint *endpoint;	/* its messages are an integration's; NULL: roost's own */
	struct websocket_in in;
	struct subscriptions *subscriptions;
	struct instant connected_at;
	uint64_t allowance;		/* loop time, in microseconds, up to which messages are used up */
	/* In tenths of a second since the web began: */
	uint32_t began;
	uint32_t heard;			/* a message came */
	uint32_t alive;			/* any byte came */
	uint32_t pinged;		/* and no pong since; 0 = none is due */
	uint32_t expires;		/* what it came with does; 0 = not */
	uint32_t unfinished;		/* a message began and is not whole; 0 = none */
	uint16_t doom;			/* the code to close with; 0 = lives on */
	uint16_t peer_code;		/* of the peer's goodbye; 0 = none */
	uint16_t calls;			/* of the API, not answered */
	char id[CONNECTION_ID_SIZE];
	bool opened;			/* the 101 was sent: peers are told of its end */
};

/* socket.c: its life */
void sockets_start(struct web *web);
void sockets_stop(struct web *web);	/* 1001 to all */
void sockets_free(struct web *web);
/* Takes the answer's socket. */
struct handshake {
	enum websocket_upgrade upgrade;		/* is the request one? */
	char accept[WEBSOCKET_ACCEPT_SIZE];
	struct websocket_terms terms;
	bool local;
};
void handshake_read(const struct web *web, const struct http_request *request,
		    struct handshake *ret_handshake);
void handshake_refuse(struct http_exchange *exchange, const struct handshake *handshake);
void handshake_put_head(struct buf *headers, const struct handshake *handshake,
			const char *subprotocol);
void sockets_add(struct web *web, struct http_exchange *exchange, struct api_answer *answer,
		 const struct handshake *handshake, const char *user_agent);
void sockets_reap(struct web *web);	/* end the doomed */

/* Send one message, or a frame made for many; false: the socket is doomed (CLOSE_SLOW), or was. */
bool socket_send_text(struct socket *s, const struct buf *text);
bool socket_send_frame(struct socket *s, const struct buf *frame);
void socket_doom(struct socket *s, unsigned code);
/* Say goodbye and end it, at once. Not while it is being read from or told of others. */
void socket_finish(struct socket *s, unsigned code, const char *reason);
/* A ping or pong: no message. */
void socket_send_control(struct socket *s, enum websocket_opcode opcode, const void *bytes,
			 size_t length);
void socket_set_deadline(struct socket *s);	/* deadlines.c */
/* That moment in tenths of a second as above, rounded down; 0 = never, or in years. */
uint32_t deadline_tenths(const struct web *web, struct instant at);
bool socket_is_integrated(const struct socket *s);
size_t socket_unsent(const struct socket *s);

/* socket_table.c: by id, and who they are */
void socket_table_free(struct web *web);
struct socket *sockets_find(const struct web *web, const char *id);
void sockets_put(struct web *web, struct socket *s);
void sockets_remove(struct web *web, struct socket *s);


struct identity {
	struct identity *next;		/* in the table */
	size_t references;
	uint32_t hash;
	enum role role;
	bool local;			/* over the owner's door */
	const char *user, *digest, *agent;	/* in `text` */
	size_t length;
	char text[];
};
struct identity *identity_of(struct web *web, const struct api_socket *socket, bool local,
			     const char *agent);
void identity_leave(struct web *web, struct identity *identity);

/* actions.c: what a client says */
struct talk;
void socket_hear(struct socket *s, const struct websocket_message *message);
/* `members`: ",\"name\":value..." or "" */
void socket_answer(struct socket *s, const struct talk *talk, const char *members);
void socket_answer_problem(struct socket *s, const struct talk *talk, int status,
			   const char *detail);
/* The same with the text of the problem; `status` is in it. */
void socket_answer_refused(struct socket *s, const struct talk *talk, int status,
			   const char *problem);

/* shared.c: what sockets with the same subscriptions have in common, while nothing is replayed */
void subscriptions_share(struct socket *s);
void subscriptions_own(struct socket *s);	/* before they are changed */

/* subscriptions.c */
uint64_t subscriptions_filter(const struct reader *r, struct feed_filter *ret_filter);
void subscriptions_caught_up(struct reader *r);
void socket_subscribe(struct socket *s, const struct talk *talk);
void socket_unsubscribe(struct socket *s, const struct talk *talk);
void socket_resume(struct socket *s, const struct talk *talk);
void subscriptions_put_names(const struct socket *s, struct buf *to);	/* ["servers",...] */
void subscriptions_end(struct socket *s);
struct reader_rights socket_rights(const struct socket *s);

/* live.c: presence and consoles, told to those who asked as it happens */
enum live_what { LIVE_PRESENCE, LIVE_CONSOLE };
void live_start(struct web *web);
void live_free(struct web *web);
void live_join(struct socket *s, const struct channel *channel);	/* told to those who watch */
void live_leave(struct socket *s, const struct channel *channel);
void live_watch(struct socket *s, const struct channel *channel, enum live_what what);
void live_unwatch(struct socket *s, const struct channel *channel, enum live_what what);
/* ,"members":[...],"count":N */
void live_put_members(const struct web *web, const struct channel *channel, struct buf *to);

/* calls.c: what the API is asked for a connection, and told of it */
void socket_call(struct socket *s, const struct talk *talk);
void socket_tell_opened(struct socket *s);
void socket_tell_heard(struct socket *s, const struct websocket_message *message);
void socket_tell_closed(struct socket *s, unsigned code, const char *reason);

/* connections.c: what the control plane sends to connections, and /@connections */
void connections_start(struct web *web);
struct api_answer *connection_do(struct web *web, const struct api_answer *answer) must_check;

#endif
