/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PARTS_H
#define ROOST_PARTS_H

/* What the daemon is made of, shared by the files of bin/: wiring, no decision. */

#include <uv.h>

#include "api/api.h"
#include "keeper/plane.h"
#include "loop/mailbox.h"
#include "model/config.h"
#include "relay/relay.h"
#include "store/store_sqlite.h"
#include "web/web.h"

/* Committed events go to whoever streams them; the plane is older than the web edge. */
struct forward_publish {
	struct publish_port port;
	struct publish_port *to;
};

/* The plane outlives the relay by a turn or two when stopping: what it shows then is let go. */
struct forward_gate {
	struct gate_port port;
	struct gate_port *to;
};

struct icon {
	char *path;
	char *url;		/* NULL: it could not be used, which was said */
};

struct daemon {
	uv_loop_t loop;
	struct mailbox *mailbox;	/* the control thread's */
	uv_poll_t mail;
	uv_prepare_t before_wait;	/* the turn runs here, once for all that was noted */
	uv_timer_t alarm;
	uv_signal_t signals[3];
	bool turn_due;

	const char *config_file;	/* NULL = none: defaults and environment */
	char *base_directory;		/* absolute: what relative paths are relative to */
	char *data;			/* absolute */
	char *socket_path;
	bool welcome;
	struct config *config;
	struct plane_settings settings;
	struct icon *icons;
	size_t icon_count;
	json_t *declared;		/* names the file declared, as last recorded; or NULL */

	struct sqlite_store *store;
	struct process_port *process;
	struct probe_port *probe;
	struct rcon_port *rcon;
	struct workshop_port *workshop;
	struct secrets_port *secrets;
	struct zones_port *zones;
	struct files_port *files;
	struct http_port *http;
	struct room_watch *room;
	struct archive_port *archive;
	struct objects_port *stores[32];	/* CONFIG_STORES_LIMIT, and the one that is always there */
	size_t store_count;
	struct relay *relay;
	struct web *web;
	struct forward_publish publish;
	struct forward_gate gate;
	struct plane_ports ports;
	struct plane *plane;
	struct api *api;
	bool begun;			/* the record is loaded, servers are declared */
	bool stopping;
	char trouble[REASON_LIMIT + 64];	/* of the record, as last said; "" = none */
	unsigned last_words;		/* turns still granted when stopping */
};

/* A line to standard error: "roost: ...". */
void say(const char *format, ...) printf_like(1, 2);

/* daemon.c: notes it for the next turn. */
void on_fact(void *argument, const struct fact *fact);

/* open.c: each says itself why it could not, and is then false. */
bool open_store(struct daemon *d) must_check;
bool open_processes(struct daemon *d) must_check;
bool open_gate(struct daemon *d) must_check;
bool open_web(struct daemon *d) must_check;
void make_plane(struct daemon *d);	/* between the gate and the web */

/*
 * configure.c: the file and the environment, and what they mean for the plane.
 * Reading says what is wrong itself; false then.
 */
bool configuration_read(struct daemon *d, const char *config_file, struct config **ret_config)
	must_check;
void configuration_to_plane(struct daemon *d);
struct fetch_options;
struct downloader_options;
void configuration_to_fetch(const struct daemon *d, struct fetch_options *ret_options);
/* Its user agent names somebody to write to, as those ask who give games away; the caller's (mem_free). */
void configuration_to_workshop(const struct daemon *d, struct downloader_options *ret_options,
			       char **ret_user_agent);
void configuration_reread(struct daemon *d);	/* SIGHUP */
void icons_free(struct daemon *d);

/* servers.c: the servers of the configuration file become declarations. */
void servers_declare(struct daemon *d);

/* welcome.c: what is printed once everything stands. */
void welcome_print(const struct daemon *d, const char *new_password);
void metrics_append(void *argument, struct buf *text);

#endif
