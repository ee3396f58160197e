/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TEST_SERVER_FIXTURE_H
#define ROOST_TEST_SERVER_FIXTURE_H

/* A real server in a thread of its own. */

#include "client.h"
#include "http/server.h"

struct server_fixture {
	uv_loop_t loop;
	uv_async_t stop;
	uv_timer_t sampler;
	_Atomic uint64_t open;		/* connections, as of a moment ago */
	pthread_t thread;
	struct http_server *server;
	struct http_settings settings;
	http_handler *handle;
	unsigned short port;
	http_refused *refused;		/* or NULL */
	struct http_exchange *kept;	/* the handler may keep one here */
	struct http_stream *stream;
	_Atomic bool stream_closed;
	unsigned handled;
};

static void
fixture_on_stopped(void *argument)
{
	struct server_fixture *f = argument;

	uv_close((uv_handle_t *)&f->stop, NULL);
	uv_close((uv_handle_t *)&f->sampler, NULL);
}

static void
fixture_on_stop(uv_async_t *async)
{
	struct server_fixture *f = async->data;

	http_server_stop(f->server, 200, fixture_on_stopped, f);
}

static void
fixture_on_sample(uv_timer_t *sampler)
{
	struct server_fixture *f = sampler->data;

	f->open = http_server_counters(f->server)->open;
}

static void *
fixture_run(void *argument)
{
	struct server_fixture *f = argument;

	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	return NULL;
}

static void
fixture_start(struct server_fixture *f, struct http_tls *tls, const char *local)
{
	struct endpoint endpoint = { .host = "127.0.0.1" };
	char why[REASON_LIMIT + 1] = "";

	(void)signal(SIGPIPE, SIG_IGN);
	ASSERT(uv_loop_init(&f->loop) == 0);
	ASSERT(uv_async_init(&f->loop, &f->stop, fixture_on_stop) == 0);
	f->stop.data = f;
	ASSERT(uv_timer_init(&f->loop, &f->sampler) == 0);
	f->sampler.data = f;
	ASSERT(uv_timer_start(&f->sampler, fixture_on_sample, 5, 5) == 0);
	f->server = http_server_new(&f->loop, &f->settings, f->handle, f);
	http_server_on_refusal(f->server, f->refused);
	if (local != NULL)
		ASSERT(http_server_listen_local(f->server, local, why) == 0);
	else
		ASSERT(http_server_listen(f->server, &endpoint, tls, why, &f->port) == 0);
	ASSERT(pthread_create(&f->thread, NULL, fixture_run, f) == 0);
}

static void
fixture_stop(struct server_fixture *f)
{
	ASSERT(uv_async_send(&f->stop) == 0);
	ASSERT(pthread_join(f->thread, NULL) == 0);
	http_server_free(f->server);
	ASSERT(uv_loop_close(&f->loop) == 0);
}

#endif
