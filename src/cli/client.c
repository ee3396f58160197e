/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API over libcurl, one handle after another. What comes back is bounded and
 * never shown before it was cleaned; a token goes nowhere but to the address it
 * is for (no redirect is followed).
 */

#include "cli/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client_inner.h"
#include "cli/file.h"

#define ANSWER_LIMIT	(16u << 20) /* 1000 servers with their players are below 1 MiB */
#define CONNECT_SECONDS 10L
#define ANSWER_SECONDS	60L
#define QUIET_SECONDS	60L /* the daemon beats every 15 s on a stream */

/* One transfer under way. */
struct transfer {
	struct client *client;
	CURL *curl;
	struct curl_slist *headers;
	char *url;
	char *body;
	struct buf content;
	char error[CURL_ERROR_SIZE];
	const struct stream_reader *reader; /* NULL: collect the content */
	bool opened, stopped;
};

/* A secret in a file is its first line. */
static char *
token_from_file(const char *path)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	char *token;

	if (path == NULL || *path == '\0' || file_slurp(path, 4096, &content) != 0)
		return NULL;
	token = buf_take_text(&content);
	token[strcspn(token, "\r\n")] = '\0';
	return token;
}

static char *
find_token(const struct invocation *in)
{
	const char *given = invocation_option(in, "--token");

	if (given == NULL)
		given = getenv("ROOST_TOKEN");
	if (given != NULL && *given != '\0')
		return text_copy(given);
	return token_from_file(getenv("ROOST_TOKEN_FILE"));
}

static bool
is_loopback(const char *host)
{
	return text_starts_with(host, "127.0.0.1") || text_starts_with(host, "localhost") ||
	       text_starts_with(host, "[::1]");
}

static int
client_remote(struct client *c, const struct invocation *in, const char *url)
{
	size_t length = strlen(url);

	if (!text_starts_with(url, "http://") && !text_starts_with(url, "https://"))
		return misused(in,
			       "'%.100s' is not an address; expected https://HOST or http://HOST",
			       url);
	while (length > 0 && url[length - 1] == '/')
		length--;
	c->base = text_copy_n(url, length);
	c->token = find_token(in);
	if (text_starts_with(c->base, "http://") && !is_loopback(c->base + 7))
		(void)fprintf(stderr, "roost: the token travels to %.100s unencrypted; use https\n",
			      c->base);
	if (c->token == NULL)
		return refused("%.100s needs a token: make one there with `roost token create`, "
			       "and set ROOST_TOKEN",
			       c->base);
	return EXIT_DONE;
}

/* Only the data directory is needed, so a variable that names it is enough. */
static int
client_local(struct client *c, const struct invocation *in)
{
	const char *data = getenv("ROOST_DATA");
	struct config_load load;

	c->base = text_copy("http://roost");
	if (data != NULL && *data != '\0') {
		c->socket = text_format("%s/roost.sock", data);
		return EXIT_DONE;
	}
	config_load(invocation_option(in, "--config"), &load);
	if (load.config != NULL)
		c->socket = text_format("%s/roost.sock", load.config->data);
	else
		config_load_explain(&load);
	config_load_deinit(&load);
	return c->socket != NULL ? EXIT_DONE : EXIT_REFUSED;
}

int
client_new(const struct invocation *invocation, struct client **ret_client)
{
	CLEANUP(client_freep) struct client *c = mem_new(sizeof *c);
	const char *url = invocation_option(invocation, "--url");
	int status;

	ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	if (url == NULL && !invocation_has(invocation, "--config"))
		url = getenv("ROOST_URL");
	if (url != NULL && *url != '\0')
		status = client_remote(c, invocation, url);
	else
		status = client_local(c, invocation);
	if (status == EXIT_DONE)
		*ret_client = TAKE(c);
	return status;
}

void
client_free(struct client *client)
{
	if (client == NULL)
		return;
	mem_free(client->base);
	mem_free(client->socket);
	mem_free(client->token);
	mem_free(client);
}

void
client_freep(struct client **client)
{
	client_free(*client);
	*client = NULL;
}

bool
client_is_local(const struct client *client)
{
	return client->socket != NULL;
}

const char *
client_place(const struct client *client)
{
	return client->socket != NULL ? client->socket : client->base;
}

char *
client_path(const char *format, const char *name)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~@";
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;

	for (; *format != '\0'; format++) {
		if (format[0] != '%' || format[1] != 's') {
			buf_put_byte(&b, (unsigned char)*format);
			continue;
		}
		format++;
		for (const char *c = name; *c != '\0'; c++) {
			if (strchr(plain, *c) != NULL)
				buf_put_byte(&b, (unsigned char)*c);
			else
				buf_format(&b, "%%%02X", (unsigned)(unsigned char)*c);
		}
	}
	return buf_take_text(&b);
}

void
answer_deinit(struct answer *answer)
{
	json_decref(answer->json);
	answer->json = NULL;
}

bool
answer_is_good(const struct answer *answer)
{
	return answer->status >= 200 && answer->status < 300;
}

static size_t
on_content(char *bytes, size_t one, size_t length, void *argument)
{
	struct transfer *t = argument;
	long status = 0;

	(void)one;
	(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	if (t->reader != NULL && status == 200) {
		if (!t->reader->on_bytes(t->reader->argument, bytes, length))
			t->stopped = true;
		return t->stopped ? 0 : length;
	}
	if (t->content.length + length > ANSWER_LIMIT)
		return 0;
	buf_put(&t->content, bytes, length);
	return length;
}

/* The end of the headers of a stream: it is open. */
static size_t
on_header(char *bytes, size_t one, size_t length, void *argument)
{
	struct transfer *t = argument;
	long status = 0;

	(void)one;
	(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	if (t->reader == NULL || t->opened || status != 200 ||
	    (bytes[0] != '\r' && bytes[0] != '\n'))
		return length;
	t->opened = true;
	if (t->reader->on_open != NULL && !t->reader->on_open(t->reader->argument))
		t->stopped = true;
	return t->stopped ? 0 : length;
}

static int
on_progress(void *argument, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct transfer *t = argument;

	(void)a, (void)b, (void)c, (void)d;
	if (t->reader->on_second != NULL && !t->reader->on_second(t->reader->argument))
		t->stopped = true;
	return t->stopped;
}

static void
transfer_header(struct transfer *t, const char *name, const char *value)
{
	CLEANUP(text_freep) char *line = text_format("%s: %s", name, value);

	t->headers = curl_slist_append(t->headers, line);
	ASSERT(t->headers != NULL);
}

static void
transfer_init(struct transfer *t, struct client *client, const char *method, const char *path)
{
	*t = (struct transfer){ .client = client, .curl = curl_easy_init() };
	ASSERT(t->curl != NULL);
	t->url = text_format("%s%s", client->base, path);
	(void)curl_easy_setopt(t->curl, CURLOPT_URL, t->url);
	(void)curl_easy_setopt(t->curl, CURLOPT_CUSTOMREQUEST, method);
	(void)curl_easy_setopt(t->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, t->error);
	(void)curl_easy_setopt(t->curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	(void)curl_easy_setopt(t->curl, CURLOPT_USERAGENT,
			       "roost/" ROOST_VERSION " (command line)");
	(void)curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, on_content);
	(void)curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, t);
	(void)curl_easy_setopt(t->curl, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(t->curl, CURLOPT_HEADERDATA, t);
	if (client->socket != NULL) {
		(void)curl_easy_setopt(t->curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
		(void)curl_easy_setopt(t->curl, CURLOPT_PROXY, "");
	}
	if (client->token != NULL) {
		CLEANUP(text_freep) char *bearer = text_format("Bearer %s", client->token);

		transfer_header(t, "Authorization", bearer);
	}
	transfer_header(t, "Expect", "");
}

static void
transfer_deinit(struct transfer *t)
{
	curl_slist_free_all(t->headers);
	curl_easy_cleanup(t->curl);
	mem_free(t->url);
	mem_free(t->body);
	buf_deinit(&t->content);
}

/* Why there was no answer, and what to do about it. */
static void
explain_silence(struct transfer *t, CURLcode code, char *text, size_t size)
{
	const char *why = t->error[0] != '\0' ? t->error : curl_easy_strerror(code);

	if (t->client->socket != NULL && code == CURLE_COULDNT_CONNECT)
		(void)snprintf(
			text, size,
			"cannot reach roost at %.200s (%s). Start it with `roost serve`, or say "
			"where it is with --config, ROOST_DATA or --url",
			t->client->socket, errno == EACCES ? "not permitted" : "nobody answers");
	else
		(void)snprintf(text, size, "cannot reach roost at %.200s: %.200s",
			       client_place(t->client), why);
}

/* RFC 9457: what the daemon said, with every member that was wrong. */
static void
explain_problem(const struct answer *a, char *text, size_t size)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;
	const char *title = json_get_text(a->json, "title", NULL);
	const json_t *errors = json_object_get(a->json, "errors");
	size_t i;
	json_t *error;

	buf_put_text(&b, json_get_text(a->json, "detail", title != NULL ? title : ""));
	if (b.length == 0)
		buf_format(&b, "roost answered %d", a->status);
	json_array_foreach(errors, i, error)
	{
		buf_format(&b, "%s%s: %s", i == 0 ? ": " : "; ",
			   json_get_text(error, "pointer", ""),
			   json_get_text(error, "detail", "is not right"));
	}
	if (a->status == 401)
		buf_put_text(&b, " (is the token right, and not revoked?)");
	text_clean(text, size, (const char *)b.data, b.length);
}

static void
transfer_run(struct transfer *t, struct answer *ret_answer)
{
	CURLcode code;
	long status = 0;

	*ret_answer = (struct answer){ .status = 0 };
	(void)curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, t->headers);
	code = curl_easy_perform(t->curl);
	(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK && !t->stopped) {
		explain_silence(t, code, ret_answer->problem, sizeof ret_answer->problem);
		return;
	}
	ret_answer->status = (int)status;
	if (t->content.length > 0)
		ret_answer->json =
			json_loadb((const char *)t->content.data, t->content.length, 0, NULL);
	if (!answer_is_good(ret_answer))
		explain_problem(ret_answer, ret_answer->problem, sizeof ret_answer->problem);
}

void
client_call(struct client *client, const char *method, const char *path, const json_t *body,
	    struct answer *ret_answer)
{
	struct transfer t;

	transfer_init(&t, client, method, path);
	(void)curl_easy_setopt(t.curl, CURLOPT_TIMEOUT, ANSWER_SECONDS);
	transfer_header(&t, "Accept", "application/json");
	if (body != NULL) {
		t.body = json_text(body);
		transfer_header(&t, "Content-Type", "application/json");
		(void)curl_easy_setopt(t.curl, CURLOPT_POSTFIELDS, t.body);
	} else if (strcmp(method, "POST") == 0) {
		(void)curl_easy_setopt(t.curl, CURLOPT_POSTFIELDS, "");
	}
	transfer_run(&t, ret_answer);
	transfer_deinit(&t);
}

int
client_ask(struct client *client, const char *method, const char *path, const json_t *body,
	   struct answer *ret_answer)
{
	client_call(client, method, path, body, ret_answer);
	if (answer_is_good(ret_answer))
		return EXIT_DONE;
	return refused("%s", ret_answer->problem);
}

enum stream_end
client_stream(struct client *client, const char *path, const char *last_event_id,
	      const struct stream_reader *reader, struct answer *ret_answer)
{
	struct transfer t;
	bool stopped;

	transfer_init(&t, client, "GET", path);
	t.reader = reader;
	transfer_header(&t, "Accept", "text/event-stream");
	if (last_event_id[0] != '\0')
		transfer_header(&t, "Last-Event-ID", last_event_id);
	(void)curl_easy_setopt(t.curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	(void)curl_easy_setopt(t.curl, CURLOPT_LOW_SPEED_TIME, QUIET_SECONDS);
	(void)curl_easy_setopt(t.curl, CURLOPT_NOPROGRESS, 0L);
	(void)curl_easy_setopt(t.curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	(void)curl_easy_setopt(t.curl, CURLOPT_XFERINFODATA, &t);
	transfer_run(&t, ret_answer);
	stopped = t.stopped;
	transfer_deinit(&t);
	if (stopped)
		return STREAM_STOPPED;
	/* 4xx will be the same tomorrow; anything else may pass. */
	if (ret_answer->status >= 400 && ret_answer->status < 500)
		return STREAM_REFUSED;
	return STREAM_ENDED;
}
