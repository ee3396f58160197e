/* SPDX-License-Identifier: Apache-2.0 */
/* The web thread's life: doors are opened before it starts, so that a taken port is told at once. */

#include "web/web_inner.h"

#include <signal.h>
#include <string.h>

/* A call from the control thread, made in ours; and ours to it. */
struct errand {
	struct letter letter;
	struct web *web;
	unsigned grace_ms;
	void (*told)(void *argument, const char *why_not);
	void *argument;
	bool failed;
	char why[REASON_LIMIT + 1];
};

static struct errand *
errand_new(struct web *web)
{
	struct errand *errand = mem_new(sizeof *errand);

	errand->web = web;
	return errand;
}

/* --- the thread ----------------------------------------------------------------------------- */

static void
on_mail(uv_poll_t *mail, int status, int events)
{
	struct web *web = mail->data;

	(void)status;
	(void)events;
	(void)mailbox_open_all(web->mailbox, web);
}

static void *
run(void *argument)
{
	struct web *web = argument;

	(void)pthread_setname_np(pthread_self(), "web");
	web->flush = flush_new(web->options.io_uring);
	(void)uv_run(&web->loop, UV_RUN_DEFAULT);
	flush_free(TAKE(web->flush));
	return NULL;
}

/* Signals are the control thread's; SIGPIPE is answered by the write that caused it. */
static void
thread_start(struct web *web)
{
	sigset_t all, before;

	ASSERT(sigfillset(&all) == 0);
	ASSERT(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	ASSERT(pthread_create(&web->thread, NULL, run, web) == 0);
	ASSERT(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	web->started = true;
}

/* --- stopping ------------------------------------------------------------------------------- */

/* In the control thread. */
static void
open_stopped(void *reader, struct letter *letter)
{
	struct errand *errand = CONTAINER_OF(letter, struct errand, letter);
	struct web *web = errand->web;

	(void)reader;
	mem_free(errand);
	if (web->stopped != NULL)
		web->stopped(web->stopped_argument);
}

static void
on_server_stopped(void *argument)
{
	struct web *web = argument;

	readers_stop(web);
	uv_close((uv_handle_t *)&web->ticker, NULL);
	uv_close((uv_handle_t *)&web->mail, NULL);
	if (web->stopped != NULL)
		mailbox_post(web->options.control, &errand_new(web)->letter, open_stopped);
}

/* In the web thread. */
static void
open_stop(void *reader, struct letter *letter)
{
	struct errand *errand = CONTAINER_OF(letter, struct errand, letter);
	struct web *web = errand->web;

	(void)reader;
	web->stopping = true;
	sockets_stop(web);
	http_server_stop(web->server, errand->grace_ms, on_server_stopped, web);
	mem_free(errand);
}

void
web_stop(struct web *web, unsigned grace_ms, void (*stopped)(void *argument), void *argument)
{
	struct errand *errand = errand_new(web);

	ASSERT(!web->stop_asked);
	web->stop_asked = true;
	web->stopped = stopped;
	web->stopped_argument = argument;
	errand->grace_ms = grace_ms;
	mailbox_post(web->mailbox, &errand->letter, open_stop);
}

void
web_free(struct web *web)
{
	if (web == NULL)
		return;
	api_on_console(web->options.api, NULL, NULL);
	if (!web->stop_asked)
		web_stop(web, 0, NULL, NULL);
	if (!web->started)
		(void)uv_run(&web->loop, UV_RUN_DEFAULT); /* a door could not be opened */
	else
		ASSERT(pthread_join(web->thread, NULL) == 0);
	(void)mailbox_open_all(web->mailbox, web); /* answers that came too late */
	ASSERT(uv_loop_close(&web->loop) == 0);
	readers_free(web);
	sockets_free(web);
	http_server_free(web->server);
	web->server = NULL;
	http_tls_free(web->tls);
	mem_free(web->rules);
	mem_free(web->public_origin);
	mem_free(web->ports);
	/* What the API or the store still holds will be posted to this mailbox: leave it. */
	if (web->in_flight > 0 || web->page_reads > 0 || web->downloads > 0)
		return;
	mailbox_free(web->mailbox);
	mem_free(web);
}

/* --- the certificate ------------------------------------------------------------------------ */

/* In the control thread. */
static void
open_reloaded(void *reader, struct letter *letter)
{
	struct errand *errand = CONTAINER_OF(letter, struct errand, letter);

	(void)reader;
	errand->told(errand->argument, errand->failed ? errand->why : NULL);
	mem_free(errand);
}

/* In the web thread. */
static void
open_reload(void *reader, struct letter *letter)
{
	struct errand *errand = CONTAINER_OF(letter, struct errand, letter);
	struct web *web = errand->web;

	(void)reader;
	errand->failed = web->tls != NULL && !http_tls_reload(web->tls, errand->why);
	mailbox_post(web->options.control, &errand->letter, open_reloaded);
}

void
web_reload_certificate(struct web *web, void (*told)(void *argument, const char *why_not),
		       void *argument)
{
	struct errand *errand = errand_new(web);

	errand->told = told;
	errand->argument = argument;
	mailbox_post(web->mailbox, &errand->letter, open_reload);
}

/* --- beginning ------------------------------------------------------------------------------ */

/* "https://host/path" gives "https://host"; anything else NULL. */
static char *
origin_of(const char *url)
{
	size_t scheme = text_starts_with(url, "https://")  ? strlen("https://")
			: text_starts_with(url, "http://") ? strlen("http://")
							   : 0;

	return scheme > 0 ? text_copy_n(url, scheme + strcspn(url + scheme, "/")) : NULL;
}

static bool
open_doors(struct web *web, char why[static REASON_LIMIT + 1])
{
	const struct web_options *o = &web->options;

	if (o->certificate != NULL) {
		web->tls = http_tls_new(o->certificate, o->key, why);
		if (web->tls == NULL)
			return false;
	}
	for (size_t i = 0; i < o->listen_count; i++)
		if (http_server_listen(web->server, &o->listen[i], web->tls, why, &web->ports[i]) !=
		    0)
			return false;
	return o->socket_path == NULL ||
	       http_server_listen_local(web->server, o->socket_path, why) == 0;
}

struct web *
web_new(const struct web_options *options, char ret_why[static REASON_LIMIT + 1])
{
	struct web *web = mem_new(sizeof *web);

	web->options = *options;
	web->rules = mem_new_array(options->sockets.rule_count + 1, sizeof *web->rules);
	for (size_t i = 0; i < options->sockets.rule_count; i++)
		web->rules[i] = options->sockets.rules[i];
	web->options.sockets.rules = web->rules;
	web->public_origin = origin_of(options->public_url);
	web->public_is_secure = text_starts_with(options->public_url, "https://");
	(void)text_put(web->epoch, sizeof web->epoch, options->epoch);
	web->ports = mem_new_array(options->listen_count + 1, sizeof *web->ports);
	web->mailbox = mailbox_new();
	ASSERT(uv_loop_init(&web->loop) == 0);
	ASSERT(uv_poll_init(&web->loop, &web->mail, mailbox_fd(web->mailbox)) == 0);
	web->mail.data = web;
	ASSERT(uv_poll_start(&web->mail, UV_READABLE, on_mail) == 0);
	web->server = http_server_new(&web->loop, &options->http, web_on_request, web);
	http_server_on_refusal(web->server, web_on_refusal);
	readers_start(web);
	sockets_start(web);
	publish_start(web);
	if (!open_doors(web, ret_why)) {
		web_free(web);
		return NULL;
	}
	/* Pointers lent for this call only. */
	web->options.listen = NULL;
	web->options.public_url = web->options.epoch = web->options.socket_path = NULL;
	web->options.certificate = web->options.key = NULL;
	thread_start(web);
	return web;
}

unsigned short
web_port(const struct web *web, size_t index)
{
	ASSERT(index < web->options.listen_count);
	return web->ports[index];
}

struct connections_port *
web_connections_port(struct web *web)
{
	return &web->connections;
}

struct publish_port *
web_publish_port(struct web *web)
{
	return &web->publish;
}
