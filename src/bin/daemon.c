/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon: makes the parts, joins them, and drives the plane. What makes it
 * hard is only the order: the data directory's lock comes first, so that two
 * daemons never share one; every door is opened before anything is woken, so
 * that a taken port refuses the start; and at the end games go on while we go.
 */

#include "daemon.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "parts.h"
#include "stores.h"
#include "fetch/fetch_port.h"
#include "install/workshop_port.h"
#include "probe/probe_port.h"
#include "process/process_port.h"
#include "rcon/rcon_port.h"
#include "sys/clock.h"
#include "sys/room.h"
#include "sys/files_port.h"
#include "sys/secrets.h"
#include "sys/zones.h"

#define LAST_WORDS_MS 300 /* for commits under way, when stopping */
#define WEB_GRACE_MS  2000

void
say(const char *format, ...)
{
	va_list args;

	fputs("roost: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* Facts and letters come in; the turn follows before the loop waits again. */

void
on_fact(void *argument, const struct fact *fact)
{
	struct daemon *d = argument;

	plane_note(d->plane, fact);
	d->turn_due = true;
}

static void
on_mail(uv_poll_t *handle, int status, int events)
{
	struct daemon *d = handle->data;

	plane_clock(d->plane, sys_now());
	if (mailbox_open_all(d->mailbox, d) > 0)
		d->turn_due = true;
}

static void
on_alarm(uv_timer_t *handle)
{
	struct daemon *d = handle->data;

	d->turn_due = true;
}

/* Once, when the record is loaded. */
static void
begin(struct daemon *d)
{
	CLEANUP(text_freep) char *password = api_start(d->api, d->config->admin.password);

	d->begun = true;
	servers_declare(d);
	welcome_print(d, password);
	if (password != NULL)
		sodium_memzero(password, strlen(password));
	d->turn_due = true;
}

static void
set_alarm(struct daemon *d, struct instant at)
{
	int64_t wait;

	if (!instant_is_set(at)) {
		(void)uv_timer_stop(&d->alarm);
		return;
	}
	wait = instant_since(at, sys_now()).ms;
	(void)uv_timer_start(&d->alarm, on_alarm, wait > 0 ? (uint64_t)wait : 0, 0);
}

/* Said once when it begins, changes and ends, not at every try. */
static void
say_trouble(struct daemon *d)
{
	const char *reason;
	bool is_durable = plane_is_durable(d->plane, &reason);

	if (strcmp(d->trouble, reason) == 0)
		return;
	(void)text_put(d->trouble, sizeof d->trouble, reason);
	say("%s", is_durable ? "the record takes what happens again" : reason);
}

static void
on_before_wait(uv_prepare_t *handle)
{
	struct daemon *d = handle->data;
	unsigned turns = 0;

	while (d->turn_due && turns++ < 8) {
		d->turn_due = false;
		set_alarm(d, plane_turn(d->plane, sys_now()));
		if (!d->begun && plane_is_loaded(d->plane))
			begin(d);
		say_trouble(d);
	}
	if (d->turn_due)
		(void)uv_timer_start(&d->alarm, on_alarm, 0, 0);
}

/* Stopping: doors first, then what was under way, then the loop. Games go on. */

static void
on_last_words(uv_timer_t *handle)
{
	uv_stop(handle->loop);
}

static void
on_web_stopped(void *argument)
{
	struct daemon *d = argument;

	(void)uv_timer_start(&d->alarm, on_last_words, LAST_WORDS_MS, 0);
	d->begun = true;
	(void)uv_prepare_stop(&d->before_wait);
	d->turn_due = false;
	(void)plane_turn(d->plane, sys_now());
}

static void
on_signal(uv_signal_t *handle, int number)
{
	struct daemon *d = handle->data;

	if (number == SIGHUP) {
		configuration_reread(d);
		d->turn_due = true;
		return;
	}
	if (d->stopping) {
		uv_stop(&d->loop);
		return;
	}
	d->stopping = true;
	say("stopping; games that run go on running");
	d->gate.to = NULL;
	relay_free(TAKE(d->relay), "The gate is being restarted. Please join again in a moment.");
	web_stop(d->web, WEB_GRACE_MS, on_web_stopped, d);
}

/* As many descriptors as the machine allows: each player is two. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void
start_loop(struct daemon *d)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };

	_Static_assert(ELEMENTS(numbers) == ELEMENTS(((struct daemon *)0)->signals),
		       "a handle each");
	for (size_t i = 0; i < ELEMENTS(numbers); i++) {
		ASSERT(uv_signal_init(&d->loop, &d->signals[i]) == 0);
		d->signals[i].data = d;
		ASSERT(uv_signal_start(&d->signals[i], on_signal, numbers[i]) == 0);
	}
	ASSERT(uv_prepare_start(&d->before_wait, on_before_wait) == 0);
	ASSERT(uv_poll_start(&d->mail, UV_READABLE, on_mail) == 0);
	d->turn_due = true;
	/* The first pass must not wait: nothing has been noted that would end it. */
	ASSERT(uv_timer_start(&d->alarm, on_alarm, 0, 0) == 0);
}

static void
close_all(struct daemon *d)
{
	d->gate.to = NULL;
	relay_free(TAKE(d->relay), NULL);
	if (d->web != NULL)
		web_free(d->web);
	d->publish.to = NULL;
	sqlite_store_free(d->store);
	if (d->mailbox != NULL && d->plane != NULL)
		(void)mailbox_open_all(d->mailbox, d);
	if (d->process != NULL)
		process_port_free(d->process);
	fetch_port_free(d->http);
	if (d->probe != NULL)
		probe_port_free(d->probe);
	rcon_port_free(d->rcon);
	workshop_port_free(d->workshop);
	if (d->secrets != NULL)
		secrets_free(d->secrets);
	files_port_free(d->files);
	stores_close(d);
	room_watch_free(TAKE(d->room));
	uv_close((uv_handle_t *)&d->mail, NULL);
	uv_close((uv_handle_t *)&d->before_wait, NULL);
	uv_close((uv_handle_t *)&d->alarm, NULL);
	for (size_t i = 0; i < ELEMENTS(d->signals); i++)
		if (d->signals[i].data != NULL)
			uv_close((uv_handle_t *)&d->signals[i], NULL);
	(void)uv_run(&d->loop, UV_RUN_DEFAULT);
	plane_free(d->plane);
	api_free(d->api);
	(void)uv_loop_close(&d->loop);
	mailbox_free(d->mailbox);
	sys_zones_free(d->zones);
	icons_free(d);
	json_decref(d->declared);
	mem_free(d->settings.proxy_from);
	config_free(d->config);
	mem_free(d->socket_path);
	mem_free(d->data);
	mem_free(d->base_directory);
}

static void
init(struct daemon *d)
{
	ASSERT(uv_loop_init(&d->loop) == 0);
	d->mailbox = mailbox_new();
	d->zones = sys_zones_new(getenv("TZDIR"));
	ASSERT(uv_poll_init(&d->loop, &d->mail, mailbox_fd(d->mailbox)) == 0);
	ASSERT(uv_prepare_init(&d->loop, &d->before_wait) == 0);
	ASSERT(uv_timer_init(&d->loop, &d->alarm) == 0);
	d->mail.data = d->before_wait.data = d->alarm.data = d;
}

static bool
parse_arguments(struct daemon *d, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
			d->config_file = argv[++i];
		} else if (strcmp(argv[i], "--welcome") == 0) {
			d->welcome = true;
		} else {
			say("serve: '%s' is not understood; `roost help serve` says what is",
			    argv[i]);
			return false;
		}
	}
	return true;
}

int
daemon_main(int argc, char **argv)
{
	struct daemon *d = mem_new(sizeof *d);
	int status = 1;

	if (!parse_arguments(d, argc, argv)) {
		mem_free(d);
		return 2;
	}
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	ASSERT(sodium_init() >= 0);
	raise_descriptors();
	init(d);
	if (configuration_read(d, d->config_file, &d->config)) {
		d->data = d->config->data[0] == '/'
				  ? text_copy(d->config->data)
				  : text_format("%s/%s", d->base_directory, d->config->data);
		d->socket_path = text_format("%s/roost.sock", d->data);
		if (open_store(d) && stores_open(d) && open_processes(d) && open_gate(d)) {
			make_plane(d);
			if (open_web(d)) {
				start_loop(d);
				(void)uv_run(&d->loop, UV_RUN_DEFAULT);
				status = 0;
			}
		}
	}
	close_all(d);
	mem_free(d);
	return status;
}
