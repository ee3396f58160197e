/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line's way to a game and back. What makes it hard is to say rightly what
 * became of it: not sent, sent and answered, sent and hung up on (a game that is
 * told to stop does that), or sent and nothing heard.
 */

#include "rcon/errand.h"

#include <netdb.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "rcon/password.h"
#include "wire/rcon/talk.h"

#define WITHIN_MS 8000 /* of an errand, all in all; the keeper waits for 15 s */
#define QUIET_MS \
	1000 /* a server that ignores the sentinel: its answer ends so long after its begin */
#define READ_AT_ONCE 16384
#define LINES_LIMIT  500 /* of an answer; help of a modded server has about 200 */

struct errand {
	struct errand *next;
	struct errand_list *list; /* NULL once answered or dropped */
	struct ticket ticket;
	char server[SERVER_NAME_LIMIT + 1];
	char token[64];
	char *line;
	struct rcon_spec rcon; /* password_file is ours */
	bool begun, looking_up;
	unsigned held; /* handles and requests that libuv still has */
	uv_timer_t deadline, quiet;
	uv_getaddrinfo_t lookup;
	struct addrinfo *addresses, *at;
	uv_tcp_t *tcp; /* the attempt under way, or NULL */
	uv_connect_t connecting;
	uv_write_t writing;
	struct buf sending; /* what uv_write() has: the talk may go on meanwhile */
	struct rcon_talk talk;
	char room[READ_AT_ONCE];
	char trouble[160]; /* of the last attempt */
};

static void begin_next(struct errand_list *list);

/* ---- the end ---- */

static void
let_go(struct errand *errand)
{
	if (--errand->held > 0)
		return;
	if (errand->addresses != NULL)
		uv_freeaddrinfo(errand->addresses);
	rcon_talk_deinit(&errand->talk);
	mem_free(errand->rcon.password_file);
	mem_free(errand->line);
	mem_free(errand);
}

static void
on_deadline_closed(uv_handle_t *handle)
{
	let_go(CONTAINER_OF((uv_timer_t *)handle, struct errand, deadline));
}

static void
on_quiet_closed(uv_handle_t *handle)
{
	let_go(CONTAINER_OF((uv_timer_t *)handle, struct errand, quiet));
}

static void
on_tcp_closed(uv_handle_t *handle)
{
	struct errand *errand = handle->data;

	mem_free(handle);
	let_go(errand);
}

static void
close_tcp(struct errand *errand)
{
	if (errand->tcp != NULL)
		uv_close((uv_handle_t *)TAKE(errand->tcp), on_tcp_closed);
}

/* Out of the list; nothing more is told, and all is given back. */
static void
unlink_and_close(struct errand *errand)
{
	struct errand_list *list = errand->list;
	struct errand **at = &list->first, *before = NULL;

	while (*at != errand) {
		before = *at;
		at = &(*at)->next;
	}
	*at = errand->next;
	if (list->last == errand)
		list->last = before;
	list->count--;
	errand->list = NULL;
	if (errand->looking_up)
		(void)uv_cancel((uv_req_t *)&errand->lookup);
	close_tcp(errand);
	uv_close((uv_handle_t *)&errand->deadline, on_deadline_closed);
	uv_close((uv_handle_t *)&errand->quiet, on_quiet_closed);
}

static void
end(struct errand *errand)
{
	struct errand_list *list = errand->list;

	unlink_and_close(errand);
	begin_next(list);
}

static void
refuse(struct errand *errand, const char *why)
{
	char address[HOST_MAX + 16];

	endpoint_text(&errand->rcon.address, address, sizeof address);
	courier_refuse(errand->list->courier, errand->ticket, "RCON at %s: %s", address, why);
	end(errand);
}

static void
tell_line(struct errand *errand, const char *text, size_t length)
{
	struct fact fact = { .kind = FACT_CONSOLE_LINE };

	if (length > CONSOLE_LINE_LIMIT)
		length = CONSOLE_LINE_LIMIT;
	(void)text_put(fact.server, sizeof fact.server, errand->server);
	(void)text_put(fact.as.process.token, sizeof fact.as.process.token, errand->token);
	fact.as.process.line = mem_new(length * 3 + 1);
	text_clean(fact.as.process.line, length * 3 + 1, text, length);
	courier_fact(errand->list->courier, &fact);
}

static void
finish(struct errand *errand)
{
	const char *text = (const char *)errand->talk.answer.data;
	size_t left = errand->talk.answer.length;

	for (unsigned lines = 0; left > 0 && lines < LINES_LIMIT; lines++) {
		const char *stop = memchr(text, '\n', left);
		size_t length = stop != NULL ? (size_t)(stop - text) : left;
		size_t shown = length > 0 && text[length - 1] == '\r' ? length - 1 : length;

		tell_line(errand, text, shown);
		length += stop != NULL;
		text += length;
		left -= length;
	}
	courier_reply(errand->list->courier,
		      &(struct reply){ .ticket = errand->ticket, .result = REPLY_DONE });
	end(errand);
}

/* ---- talking ---- */

static void write_out(struct errand *errand);

static void
on_written(uv_write_t *writing, int status)
{
	struct errand *errand = CONTAINER_OF(writing, struct errand, writing);

	/* The password was among it. */
	sodium_memzero(errand->sending.data, errand->sending.length);
	buf_deinit(&errand->sending);
	if (errand->list != NULL && status < 0 && !rcon_talk_has_answer(&errand->talk))
		refuse(errand, uv_strerror(status));
	else if (errand->list != NULL)
		write_out(errand);
	let_go(errand);
}

static void
write_out(struct errand *errand)
{
	uv_buf_t part;
	int r;

	if (errand->talk.out.length == 0 || errand->sending.length > 0)
		return;
	errand->sending = errand->talk.out;
	errand->talk.out = BUF_NULL;
	part = uv_buf_init((char *)errand->sending.data, (unsigned)errand->sending.length);
	errand->held++;
	r = uv_write(&errand->writing, (uv_stream_t *)errand->tcp, &part, 1, on_written);
	if (r < 0)
		on_written(&errand->writing, r);
}

static void
on_quiet(uv_timer_t *timer)
{
	finish(CONTAINER_OF(timer, struct errand, quiet));
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	struct errand *errand = handle->data;

	(void)suggested;
	*ret_buffer = uv_buf_init(errand->room, sizeof errand->room);
}

/* Hung up on: after the line was sent, that is an answer too. */
static void
hear_end(struct errand *errand)
{
	if (errand->talk.is == RCON_SIGNING_IN)
		refuse(errand, "it hung up before it was asked anything; is this its RCON port?");
	else
		finish(errand);
}

static void
on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
	struct errand *errand = stream->data;
	bool had_answer = rcon_talk_has_answer(&errand->talk);

	if (errand->list == NULL || stream != (uv_stream_t *)errand->tcp)
		return;
	if (got < 0) {
		hear_end(errand);
		return;
	}
	if (got == 0)
		return;
	switch (rcon_talk_hear(&errand->talk, buffer->base, (size_t)got)) {
	case RCON_OVER:
		finish(errand);
		return;
	case RCON_WRONG_PASSWORD:
		refuse(errand, "the password in rcon.password_file is not the game's");
		return;
	case RCON_NO_RCON:
		refuse(errand, "something answers there, but it is not RCON");
		return;
	case RCON_SIGNING_IN:
	case RCON_ASKED:
	case RCON_ANSWERING:
		break;
	}
	if (!had_answer && rcon_talk_has_answer(&errand->talk))
		(void)uv_timer_start(&errand->quiet, on_quiet, QUIET_MS, 0);
	write_out(errand);
}

/* ---- connecting ---- */

static void connect_next(struct errand *errand);

static void
on_connected(uv_connect_t *connecting, int status)
{
	struct errand *errand = CONTAINER_OF(connecting, struct errand, connecting);

	if (errand->list == NULL)
		return;
	if (status == 0)
		status = uv_read_start((uv_stream_t *)errand->tcp, on_alloc, on_read);
	if (status == 0) {
		(void)uv_tcp_nodelay(errand->tcp, 1);
		write_out(errand);
		return;
	}
	(void)text_put(errand->trouble, sizeof errand->trouble,
		       status == UV_ECONNREFUSED ? "nothing listens there; is RCON on in the "
						   "game's own settings?"
						 : uv_strerror(status));
	close_tcp(errand);
	connect_next(errand);
}

static void
connect_to(struct errand *errand, const struct sockaddr *where)
{
	int r;

	errand->tcp = mem_new(sizeof *errand->tcp);
	ASSERT(uv_tcp_init(errand->list->loop, errand->tcp) == 0);
	errand->tcp->data = errand;
	errand->held++;
	r = uv_tcp_connect(&errand->connecting, errand->tcp, where, on_connected);
	if (r < 0)
		on_connected(&errand->connecting, r);
}

static void
connect_next(struct errand *errand)
{
	struct addrinfo *next = errand->at;

	if (next == NULL) {
		refuse(errand, errand->trouble);
		return;
	}
	errand->at = next->ai_next;
	connect_to(errand, next->ai_addr);
}

static void
on_looked_up(uv_getaddrinfo_t *lookup, int status, struct addrinfo *addresses)
{
	struct errand *errand = CONTAINER_OF(lookup, struct errand, lookup);

	errand->looking_up = false;
	errand->addresses = errand->at = addresses;
	if (errand->list != NULL && status < 0)
		refuse(errand, "the name cannot be looked up; correct `rcon.address`, or the "
			       "machine's DNS");
	else if (errand->list != NULL)
		connect_next(errand);
	let_go(errand);
}

static void
look_up(struct errand *errand)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	char port[8];
	int r;

	(void)snprintf(port, sizeof port, "%u", (unsigned)errand->rcon.address.port);
	errand->held++;
	errand->looking_up = true;
	r = uv_getaddrinfo(errand->list->loop, &errand->lookup, on_looked_up,
			   errand->rcon.address.host, port, &hints);
	if (r < 0)
		on_looked_up(&errand->lookup, r, NULL);
}

/* ---- beginning ---- */

static void
begin(struct errand *errand)
{
	const struct endpoint *address = &errand->rcon.address;
	char password[RCON_PASSWORD_SIZE], why[REASON_LIMIT];
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	errand->begun = true;
	if (!rcon_password_read(errand->rcon.password_file, password, why, sizeof why)) {
		refuse(errand, why);
		return;
	}
	rcon_talk_init(&errand->talk, password, errand->line);
	sodium_memzero(password, sizeof password);
	if (uv_ip4_addr(address->host, address->port, &v4) == 0)
		connect_to(errand, (const struct sockaddr *)&v4);
	else if (uv_ip6_addr(address->host, address->port, &v6) == 0)
		connect_to(errand, (const struct sockaddr *)&v6);
	else
		look_up(errand);
}

static bool
is_same_address(const struct errand *a, const struct errand *b)
{
	return a->rcon.address.port == b->rcon.address.port &&
	       strcmp(a->rcon.address.host, b->rcon.address.host) == 0;
}

static bool
may_begin(const struct errand_list *list, const struct errand *errand)
{
	for (const struct errand *before = list->first; before != errand; before = before->next)
		if (is_same_address(before, errand))
			return false;
	return true;
}

static void
begin_next(struct errand_list *list)
{
	for (struct errand *errand = list->first; errand != NULL; errand = errand->next) {
		if (errand->begun || !may_begin(list, errand))
			continue;
		/* It may end at once, and then it looks for the next itself. */
		begin(errand);
		return;
	}
}

static void
on_deadline(uv_timer_t *timer)
{
	struct errand *errand = CONTAINER_OF(timer, struct errand, deadline);

	if (!errand->begun)
		refuse(errand, "lines before this one took too long");
	else if (rcon_talk_has_answer(&errand->talk))
		finish(errand);
	else if (errand->talk.is != RCON_ASKED)
		refuse(errand, "it does not answer");
	else {
		courier_unknown(errand->list->courier, errand->ticket,
				"the line was sent by RCON, and nothing came back");
		end(errand);
	}
}

void
errand_begin(struct errand_list *list, struct ticket ticket, const struct console_order *order)
{
	struct errand *errand;

	if (list->count >= ERRANDS_LIMIT || strlen(order->line) > RCON_COMMAND_LIMIT) {
		courier_refuse(list->courier, ticket,
			       list->count >= ERRANDS_LIMIT
				       ? "too many lines are on their way already"
				       : "the line is too long for RCON, which takes %d bytes",
			       RCON_COMMAND_LIMIT);
		return;
	}
	errand = mem_new(sizeof *errand);
	errand->list = list;
	errand->ticket = ticket;
	(void)text_put(errand->server, sizeof errand->server, order->spec->name);
	(void)text_put(errand->token, sizeof errand->token, order->token);
	errand->line = text_copy(order->line);
	errand->rcon.address = order->spec->rcon.address;
	errand->rcon.password_file = text_copy(order->spec->rcon.password_file);
	errand->held = 2;
	if (list->last != NULL)
		list->last->next = errand;
	else
		list->first = errand;
	list->last = errand;
	list->count++;
	ASSERT(uv_timer_init(list->loop, &errand->deadline) == 0);
	ASSERT(uv_timer_init(list->loop, &errand->quiet) == 0);
	uv_update_time(list->loop);
	ASSERT(uv_timer_start(&errand->deadline, on_deadline, WITHIN_MS, 0) == 0);
	begin_next(list);
}

void
errands_drop(struct errand_list *list)
{
	while (list->first != NULL)
		unlink_and_close(list->first);
}
