/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl connects (and does TLS), the handshake and the frames are ours. What comes is
 * bounded like everything the daemon reads itself: the other side may be anybody.
 */

#include "cli/client_socket.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "cli/client_inner.h"
#include "cli/terminal.h"
#include "sys/chance.h"
#include "wire/websocket/client.h"
#include "wire/websocket/in.h"

#define CONNECT_SECONDS 10L
#define OPEN_WITHIN_MS	10000
#define SEND_WITHIN_MS	10000
#define MESSAGE_BYTES	1048576
#define FRAGMENTS	1024
#define READ_AT_ONCE	16384

struct client_socket {
	CURL *curl;
	curl_socket_t fd;
	struct websocket_scratch *scratch;
	struct websocket_in in;
	struct instant alive;
	struct buf early; /* frames that came with the handshake's answer */
	client_socket_heard *heard;
	void *argument;
	bool broken;
};

void
client_socket_free(struct client_socket *s)
{
	if (s == NULL)
		return;
	curl_easy_cleanup(s->curl);
	websocket_in_deinit(&s->in);
	websocket_scratch_free(s->scratch);
	buf_deinit(&s->early);
	mem_free(s);
}

int
client_socket_fd(const struct client_socket *s)
{
	return (int)s->fd;
}

struct instant
client_socket_alive(const struct client_socket *s)
{
	return s->alive;
}

static bool
send_all(struct client_socket *s, const struct buf *bytes)
{
	struct instant end = instant_add(clock_now(), DURATION_MS(SEND_WITHIN_MS));
	size_t at = 0, sent;

	while (at < bytes->length) {
		CURLcode code =
			curl_easy_send(s->curl, bytes->data + at, bytes->length - at, &sent);
		struct pollfd wait = { .fd = (int)s->fd, .events = POLLOUT };

		if (code == CURLE_OK) {
			at += sent;
			continue;
		}
		if (code != CURLE_AGAIN || instant_reached(clock_now(), end))
			return false;
		(void)poll(&wait, 1, 1000);
	}
	return true;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* "https://host:1/base" -> "host:1" and "/base". */
static char *
host_of(const char *base, const char **ret_path)
{
	const char *host = strstr(base, "://") + 3;
	size_t length = strcspn(host, "/");

	*ret_path = host + length;
	return text_copy_n(host, length);
}

static bool
send_request(struct client_socket *s, const struct client *client,
	     char key[static WEBSOCKET_KEY_SIZE])
{
	unsigned char nonce[WEBSOCKET_NONCE_SIZE];
	CLEANUP(buf_deinit) struct buf request = BUF_NULL;
	CLEANUP(text_freep) char *path = NULL;
	CLEANUP(text_freep) char *host = NULL;
	const char *prefix;

	host = host_of(client->base, &prefix);
	path = text_format("%s/v1/ws", prefix);
	sys_chance()->fill(sys_chance(), nonce, sizeof nonce);
	websocket_key(nonce, key);
	websocket_request_put(
		&request,
		&(struct websocket_request){ .path = path,
					     .host = host,
					     .bearer = client->token,
					     .user_agent = "roost/" ROOST_VERSION " (command line)",
					     .key = key });
	return send_all(s, &request);
}

static enum websocket_opened
read_answer(struct client_socket *s, const char *key, int *ret_status)
{
	struct instant end = instant_add(clock_now(), DURATION_MS(OPEN_WITHIN_MS));
	enum websocket_opened opened = WEBSOCKET_OPENED_MORE;
	char bytes[READ_AT_ONCE];
	size_t got, used = 0;

	while (opened == WEBSOCKET_OPENED_MORE) {
		CURLcode code = curl_easy_recv(s->curl, bytes, sizeof bytes, &got);
		struct pollfd wait = { .fd = (int)s->fd, .events = POLLIN };

		if (code == CURLE_OK && got > 0) {
			buf_put(&s->early, bytes, got);
			opened = websocket_answer_read(s->early.data, s->early.length, key, &used,
						       ret_status);
			continue;
		}
		if (code != CURLE_AGAIN || instant_reached(clock_now(), end))
			return WEBSOCKET_OPENED_WRONG;
		(void)poll(&wait, 1, 1000);
	}
	buf_drop(&s->early, used);
	return opened;
}

static bool
open_it(struct client_socket *s, const struct client *client,
	char problem[static SOCKET_PROBLEM_SIZE], int *ret_status)
{
	char key[WEBSOCKET_KEY_SIZE];

	if (!send_request(s, client, key)) {
		(void)text_put(problem, SOCKET_PROBLEM_SIZE, "the connection to roost was lost");
		return false;
	}
	switch (read_answer(s, key, ret_status)) {
	case WEBSOCKET_OPENED:
		return true;
	case WEBSOCKET_OPENED_REFUSED:
		(void)snprintf(problem, SOCKET_PROBLEM_SIZE,
			       "roost at %.200s refuses a WebSocket (status %d)%s",
			       client->socket != NULL ? client->socket : client->base, *ret_status,
			       *ret_status == 401 || *ret_status == 403
				       ? "; is the token right, and not revoked?"
				       : "");
		return false;
	case WEBSOCKET_OPENED_MORE:
	case WEBSOCKET_OPENED_WRONG:
		break;
	}
	(void)snprintf(problem, SOCKET_PROBLEM_SIZE,
		       "what answers at %.200s opens no WebSocket; if a proxy stands before roost, "
		       "it must pass them on",
		       client->socket != NULL ? client->socket : client->base);
	return false;
}

static CURL *
prepare(const struct client *client, char error[static CURL_ERROR_SIZE])
{
	CURL *curl = curl_easy_init();

	ASSERT(curl != NULL);
	error[0] = '\0';
	(void)curl_easy_setopt(curl, CURLOPT_URL, client->base);
	(void)curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(curl, CURLOPT_SSL_ENABLE_ALPN, 0L);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
	(void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	if (client->socket != NULL) {
		(void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
		(void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
	}
	return curl;
}

struct client_socket *
client_socket_open(struct client *client, char problem[static SOCKET_PROBLEM_SIZE], int *ret_status)
{
	char error[CURL_ERROR_SIZE];
	struct client_socket *s = mem_new(sizeof *s);
	CURLcode code;

	*ret_status = 0;
	s->curl = prepare(client, error);
	s->scratch = websocket_scratch_new();
	s->in = (struct websocket_in){ .from_server = true };
	code = curl_easy_perform(s->curl);
	if (code == CURLE_OK)
		code = curl_easy_getinfo(s->curl, CURLINFO_ACTIVESOCKET, &s->fd);
	if (code != CURLE_OK)
		(void)snprintf(problem, SOCKET_PROBLEM_SIZE, "cannot reach roost at %.200s: %.200s",
			       client->socket != NULL ? client->socket : client->base,
			       error[0] != '\0' ? error : curl_easy_strerror(code));
	if (code != CURLE_OK || !open_it(s, client, problem, ret_status)) {
		client_socket_free(s);
		return NULL;
	}
	(void)curl_easy_setopt(s->curl, CURLOPT_ERRORBUFFER, NULL); /* it is our caller's no more */
	s->alive = clock_now();
	return s;
}

/* --- messages --------------------------------------------------------------------------------- */

static bool
say(struct client_socket *s, enum websocket_opcode opcode, const void *bytes, size_t length)
{
	CLEANUP(buf_deinit) struct buf frame = BUF_NULL;
	unsigned char mask[4];

	sys_chance()->fill(sys_chance(), mask, sizeof mask);
	websocket_put_masked(&frame, opcode, mask, bytes, length);
	return send_all(s, &frame);
}

bool
client_socket_say(struct client_socket *s, const json_t *message)
{
	CLEANUP(text_freep) char *text = json_text(message);

	return !s->broken && say(s, WEBSOCKET_TEXT, text, strlen(text));
}

static bool
on_message(void *argument, const struct websocket_message *message)
{
	struct client_socket *s = argument;
	CLEANUP(json_freep) json_t *json = NULL;

	if (message->opcode == WEBSOCKET_PING &&
	    !say(s, WEBSOCKET_PONG, message->bytes, message->length))
		s->broken = true;
	if (message->opcode == WEBSOCKET_CLOSE)
		s->broken = true;
	if (message->opcode != WEBSOCKET_TEXT)
		return !s->broken;
	json = json_loadb((const char *)message->bytes, message->length, 0, NULL);
	if (json_is_object(json))
		s->heard(s->argument, json);
	return !s->broken;
}

static void
take(struct client_socket *s, const void *bytes, size_t length)
{
	const struct websocket_reader reader = { .scratch = s->scratch,
						 .limits = { MESSAGE_BYTES, MESSAGE_BYTES,
							     FRAGMENTS },
						 .on_message = on_message,
						 .argument = s };

	s->alive = clock_now();
	if (websocket_take(&s->in, &reader, bytes, length) != 0)
		s->broken = true;
}

bool
client_socket_read(struct client_socket *s, client_socket_heard *heard, void *argument)
{
	CLEANUP(buf_deinit) struct buf early = s->early;
	char bytes[READ_AT_ONCE];
	CURLcode code = CURLE_OK;
	size_t got;

	s->early = BUF_NULL;
	s->heard = heard;
	s->argument = argument;
	if (early.length > 0)
		take(s, early.data, early.length);
	/* To the end: what TLS holds already, no poll would tell. */
	while (!s->broken && code == CURLE_OK) {
		code = curl_easy_recv(s->curl, bytes, sizeof bytes, &got);
		if (code == CURLE_OK && got == 0)
			return false;
		if (code == CURLE_OK)
			take(s, bytes, got);
	}
	return !s->broken && code == CURLE_AGAIN;
}
