/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question to a game: look up, connect (each address in turn), ask, read.
 * One timer bounds it all. What makes it hard is that a name's lookup cannot
 * always be called back: the question is answered without it and goes when
 * libuv has let go of everything.
 */

#include "probe/question.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "game/minecraft_status.h"
#include "probe/bound.h"
#include "probe/datagram.h"
#include "wire/minecraft/status.h"
#include "wire/proxyproto.h"

#define READ_AT_ONCE	  16384
#define QUERY_PATIENCE_MS 1200 /* for what only adds; two tries */

struct question {
	struct question *next;
	struct question_list *list; /* NULL once answered or dropped */
	struct ticket ticket;
	enum game game;
	struct endpoint address;
	int protocol;
	unsigned query_port;
	bool proxy_protocol;
	unsigned held; /* handles and requests that libuv still has */
	bool looking_up;
	uv_getaddrinfo_t lookup;
	uv_work_t looking; /* udp: who has the port? */
	enum bound bound;
	char token[64];
	struct addrinfo *addresses, *at;
	uv_timer_t deadline;
	uv_tcp_t *tcp; /* the attempt under way, or NULL */
	uv_connect_t connecting;
	uv_write_t writing;
	struct buf out, in;
	struct sockaddr_storage reached; /* where the connection went */
	struct datagram *datagram;	 /* or NULL */
	uv_timer_t *patience;		 /* with a query that only adds; or NULL */
	struct probe_answer *known;	 /* what the query adds to; or NULL */
	char trouble[160];		 /* of the last attempt */
};

static void
question_let_go(struct question *question)
{
	if (--question->held > 0)
		return;
	if (question->addresses != NULL)
		uv_freeaddrinfo(question->addresses);
	buf_deinit(&question->out);
	buf_deinit(&question->in);
	if (question->known != NULL)
		mem_free(question->known->status_json);
	mem_free(question->known);
	mem_free(question);
}

static void
on_deadline_closed(uv_handle_t *handle)
{
	question_let_go(CONTAINER_OF((uv_timer_t *)handle, struct question, deadline));
}

static void
on_tcp_closed(uv_handle_t *handle)
{
	struct question *question = handle->data;

	mem_free(handle);
	question_let_go(question);
}

static void
close_tcp(struct question *question)
{
	if (question->tcp != NULL)
		uv_close((uv_handle_t *)TAKE(question->tcp), on_tcp_closed);
}

static void
on_patience_closed(uv_handle_t *handle)
{
	struct question *question = handle->data;

	mem_free(handle);
	question_let_go(question);
}

/* Out of the list; nothing more is told, and all is given back. */
static void
question_end(struct question *question)
{
	struct question **at = &question->list->first;

	while (*at != question)
		at = &(*at)->next;
	*at = question->next;
	question->list = NULL;
	if (question->looking_up)
		(void)uv_cancel((uv_req_t *)&question->lookup);
	close_tcp(question);
	datagram_close(TAKE(question->datagram));
	if (question->patience != NULL)
		uv_close((uv_handle_t *)TAKE(question->patience), on_patience_closed);
	uv_close((uv_handle_t *)&question->deadline, on_deadline_closed);
}

static void
question_refuse(struct question *question, const char *why)
{
	char address[HOST_MAX + 16];

	endpoint_text(&question->address, address, sizeof address);
	courier_refuse(question->list->courier, question->ticket, "%s: %s", address, why);
	question_end(question);
}

static void
question_answer(struct question *question, const struct probe_answer *answer)
{
	struct reply reply = { .ticket = question->ticket,
			       .result = REPLY_DONE,
			       .holds = REPLY_PROBE };

	reply.as.probe = mem_new(sizeof *reply.as.probe);
	*reply.as.probe = *answer;
	courier_reply(question->list->courier, &reply);
	question_end(question);
}

/* ---- datagrams ---- */

static void
on_datagram_gone(void *argument)
{
	question_let_go(argument);
}

static void
on_game_answered(void *argument, const struct probe_answer *answer, const char *why)
{
	struct question *question = argument;

	if (answer != NULL)
		question_answer(question, answer);
	else
		question_refuse(question, why);
}

static void
ask_by_datagram(struct question *question, const struct sockaddr *where,
		datagram_answered *answered)
{
	question->held++;
	question->datagram = datagram_new(question->list->loop,
					  &(struct datagram_terms){ .game = question->game,
								    .where = where,
								    .answered = answered,
								    .gone = on_datagram_gone,
								    .argument = question });
}

/* The query only says who is on: the counts are the status answer's. */
static void
on_query_answered(void *argument, const struct probe_answer *answer, const char *why)
{
	struct question *question = argument;
	struct probe_answer *known = question->known;
	struct probe_answer told;

	(void)why;
	if (answer != NULL) {
		known->name_count = answer->name_count;
		memcpy(known->names, answer->names, sizeof known->names);
	}
	told = *known;
	known->status_json = NULL;
	question_answer(question, &told);
}

static void
on_patience_over(uv_timer_t *timer)
{
	on_query_answered(timer->data, NULL, "");
}

/* The status has come; ask there for the whole list, but not for long. */
static void
ask_query(struct question *question, const struct probe_answer *answer)
{
	struct sockaddr *where = (struct sockaddr *)&question->reached;

	close_tcp(question);
	question->known = mem_new(sizeof *question->known);
	*question->known = *answer;
	if (where->sa_family == AF_INET6)
		((struct sockaddr_in6 *)where)->sin6_port = htons((uint16_t)question->query_port);
	else
		((struct sockaddr_in *)where)->sin_port = htons((uint16_t)question->query_port);
	ask_by_datagram(question, where, on_query_answered);
	question->held++;
	question->patience = mem_new(sizeof *question->patience);
	question->patience->data = question;
	ASSERT(uv_timer_init(question->list->loop, question->patience) == 0);
	ASSERT(uv_timer_start(question->patience, on_patience_over, QUERY_PATIENCE_MS, 0) == 0);
}

/* ---- reading ---- */

static void
judge_answer(struct question *question)
{
	struct probe_answer answer;
	const char *json;
	size_t length, used;

	switch (status_response_parse(question->in.data, question->in.length, &json, &length,
				      &used)) {
	case WIRE_MORE:
		return;
	case WIRE_BAD:
		break;
	case WIRE_DONE:
		if (!minecraft_status_read(json, length, &answer))
			break;
		if (question->query_port != 0)
			ask_query(question, &answer);
		else
			question_answer(question, &answer);
		return;
	}
	question_refuse(question, "something answers there, but it is not a Minecraft server");
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	struct question *question = handle->data;

	(void)suggested;
	buf_reserve(&question->in, READ_AT_ONCE);
	*ret_buffer = uv_buf_init((char *)question->in.data + question->in.length, READ_AT_ONCE);
}

static void
on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
	struct question *question = stream->data;

	(void)buffer;
	if (question->list == NULL || question->known != NULL ||
	    stream != (uv_stream_t *)question->tcp)
		return;
	if (got < 0) {
		question_refuse(question, "it closed the connection without an answer");
		return;
	}
	question->in.length += (size_t)got;
	if (question->in.length > PROBE_REPLY_LIMIT)
		question_refuse(question, "its answer is too long for a status");
	else
		judge_answer(question);
}

/* ---- asking ---- */

static void
on_written(uv_write_t *writing, int status)
{
	struct question *question = CONTAINER_OF(writing, struct question, writing);

	if (question->list == NULL)
		return;
	if (status < 0)
		question_refuse(question, uv_strerror(status));
	else if (question->game == GAME_TCP)
		question_answer(question, &(struct probe_answer){ .protocol = -1 });
}

/* What is sent: PROXY's LOCAL, as a health check of a proxy is; then the question itself. */
static void
write_question(struct question *question)
{
	unsigned char header[PROXYPROTO_PRINT_LIMIT];
	uv_buf_t part;
	int r;

	if (question->proxy_protocol)
		buf_put(&question->out, header,
			proxyproto_print(header, &(struct proxyproto){ .is_told = false }));
	if (question->game == GAME_MINECRAFT_JAVA)
		status_request_print(&question->out, question->protocol, question->address.host,
				     question->address.port);
	if (question->out.length == 0) {
		question_answer(question, &(struct probe_answer){ .protocol = -1 });
		return;
	}
	part = uv_buf_init((char *)question->out.data, (unsigned)question->out.length);
	r = uv_write(&question->writing, (uv_stream_t *)question->tcp, &part, 1, on_written);
	if (r == 0 && question->game == GAME_MINECRAFT_JAVA)
		r = uv_read_start((uv_stream_t *)question->tcp, on_alloc, on_read);
	if (r < 0)
		question_refuse(question, uv_strerror(r));
}

/* ---- connecting ---- */

static void connect_next(struct question *question);

static void
on_connected(uv_connect_t *connecting, int status)
{
	struct question *question = CONTAINER_OF(connecting, struct question, connecting);

	if (question->list == NULL)
		return;
	if (status == 0) {
		write_question(question);
		return;
	}
	(void)text_put(question->trouble, sizeof question->trouble,
		       status == UV_ECONNREFUSED ? "nothing listens there yet"
						 : uv_strerror(status));
	close_tcp(question);
	connect_next(question);
}

static void
connect_to(struct question *question, const struct sockaddr *where)
{
	size_t size = where->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						   : sizeof(struct sockaddr_in);
	int r;

	if (game_is_datagrams(question->game)) {
		ask_by_datagram(question, where, on_game_answered);
		return;
	}
	memcpy(&question->reached, where, size);
	question->tcp = mem_new(sizeof *question->tcp);
	ASSERT(uv_tcp_init(question->list->loop, question->tcp) == 0);
	question->tcp->data = question;
	question->held++;
	r = uv_tcp_connect(&question->connecting, question->tcp, where, on_connected);
	if (r < 0)
		on_connected(&question->connecting, r);
}

static void
connect_next(struct question *question)
{
	struct addrinfo *next = question->at;

	if (next == NULL) {
		question_refuse(question, question->trouble);
		return;
	}
	question->at = next->ai_next;
	connect_to(question, next->ai_addr);
}

/* ---- looking up ---- */

static void
on_looked_up(uv_getaddrinfo_t *lookup, int status, struct addrinfo *addresses)
{
	struct question *question = CONTAINER_OF(lookup, struct question, lookup);

	question->looking_up = false;
	question->addresses = question->at = addresses;
	if (question->list != NULL && status < 0)
		question_refuse(question, "the name cannot be looked up; correct `address`, or "
					  "the machine's DNS");
	else if (question->list != NULL)
		connect_next(question);
	question_let_go(question);
}

static void
look_up(struct question *question)
{
	/* Nothing says whether a datagram was heard, so there is one try: where such games listen. */
	const struct addrinfo hints = { .ai_family = game_is_datagrams(question->game) ? AF_INET
										       : AF_UNSPEC,
					.ai_socktype = SOCK_STREAM };
	const char *host = question->address.host;
	char port[8];
	int r;

	(void)snprintf(port, sizeof port, "%u", (unsigned)question->address.port);
	question->held++;
	question->looking_up = true;
	r = uv_getaddrinfo(question->list->loop, &question->lookup, on_looked_up,
			   host[0] != '\0' ? host : "localhost", port, &hints);
	if (r < 0)
		on_looked_up(&question->lookup, r, NULL);
}

/* A literal address needs no worker. */
static bool
connect_literally(struct question *question)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (uv_ip4_addr(question->address.host, question->address.port, &v4) == 0)
		connect_to(question, (const struct sockaddr *)&v4);
	else if (uv_ip6_addr(question->address.host, question->address.port, &v6) == 0)
		connect_to(question, (const struct sockaddr *)&v6);
	else
		return false;
	return true;
}

/* ---- a port that is bound ---- */

static void
look_at_port(uv_work_t *work)
{
	struct question *question = CONTAINER_OF(work, struct question, looking);

	question->bound = bound_look(&question->address, question->token);
}

static void
on_looked_at_port(uv_work_t *work, int status)
{
	struct question *question = CONTAINER_OF(work, struct question, looking);

	if (question->list != NULL) {
		if (status == 0 && question->bound == BOUND)
			question_answer(question, &(struct probe_answer){ .protocol = -1 });
		else
			question_refuse(question, question->bound == BOUND_STRANGER
							  ? "another program has this UDP port"
							  : "nothing has this UDP port yet");
	}
	question_let_go(question);
}

static void
ask_who_has_port(struct question *question, const char *token)
{
	(void)text_put(question->token, sizeof question->token, token != NULL ? token : "");
	question->held++;
	ASSERT(uv_queue_work(question->list->loop, &question->looking, look_at_port,
			     on_looked_at_port) == 0);
}

/* ---- from outside ---- */

static void
on_deadline(uv_timer_t *timer)
{
	struct question *question = CONTAINER_OF(timer, struct question, deadline);

	if (question->looking_up)
		question_refuse(question, "its name was not looked up in time");
	else if (question->known != NULL)
		on_query_answered(question, NULL, "");
	else if (question->out.length == 0 && question->datagram == NULL)
		question_refuse(question, "no connection in time");
	else
		question_refuse(question, "no answer in time");
}

void
question_ask(struct question_list *list, struct ticket ticket, const struct probe_question *asked)
{
	struct question *question = mem_new(sizeof *question);

	question->list = list;
	question->next = list->first;
	list->first = question;
	question->ticket = ticket;
	question->game = asked->game;
	question->address = *asked->address;
	question->query_port = asked->query_port;
	if (question->game == GAME_SOURCE && asked->query_port != 0)
		question->address.port = (uint16_t)asked->query_port;
	question->protocol = asked->protocol;
	question->proxy_protocol = asked->proxy_protocol;
	question->held = 1;
	ASSERT(uv_timer_init(list->loop, &question->deadline) == 0);
	uv_update_time(list->loop);
	ASSERT(uv_timer_start(&question->deadline, on_deadline,
			      asked->within.ms > 0 ? (uint64_t)asked->within.ms : 1, 0) == 0);
	if (question->game == GAME_UDP)
		ask_who_has_port(question, asked->token);
	else if (!connect_literally(question))
		look_up(question);
}

void
questions_drop(struct question_list *list)
{
	while (list->first != NULL)
		question_end(list->first);
}
