/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PLANE_H
#define ROOST_PLANE_H

/*
 * The control plane: all servers, and the turn that keeps them.
 *
 * Single-threaded and pure: it reaches the world only through the ports it was
 * given and is told the time. Whoever drives it (the daemon's control thread,
 * or the simulator) calls plane_note() for each fact and then plane_turn(), and
 * again no later than the instant plane_turn() returned.
 */

#include "gate/table.h"
#include "keeper/fact.h"
#include "keeper/prune.h"
#include "model/server.h"
#include "port/archive.h"
#include "port/chance.h"
#include "port/consent.h"
#include "port/files.h"
#include "port/gate.h"
#include "port/http.h"
#include "port/probe.h"
#include "port/process.h"
#include "port/publish.h"
#include "port/rcon.h"
#include "port/seal.h"
#include "port/secrets.h"
#include "port/store.h"
#include "port/zones.h"

struct plane;
struct workshop_port;	/* port/workshop.h */

struct plane_ports {
	struct store_port *store;
	struct process_port *process;
	struct probe_port *probe;
	struct rcon_port *rcon;		/* NULL: lines go to standard input */
	struct gate_port *gate;
	struct publish_port *publish;
	struct chance_port *chance;
	struct secrets_port *secrets;
	struct http_port *http;
	struct seal_port *seal;
	struct zones_port *zones;	/* or NULL */
	struct archive_port *archive;	/* or NULL: there are no backups */
	bool attended_later;		/* nothing is consented to before plane_attend() */
	struct files_port *files;	/* or NULL: games' own files are left alone */
	struct workshop_port *workshop;	/* NULL: servers are started unprepared */
};

/* What the daemon's configuration says that is not about one server. */
struct plane_settings {
	struct gate_limits limits;
	struct network *proxy_from;
	size_t proxy_from_count;
	const char *unknown_host;
	bool forwarded_hosts;
	struct feed_keep keep;		/* how long the feed remembers */
	const char *version;		/* told in roost.started; or NULL */
	char *(*favicon)(void *argument, const struct server_spec *spec); /* data: URL, or NULL */
	void *favicon_argument;
};

struct plane *plane_new(const struct plane_ports *ports, const struct plane_settings *settings)
	must_check;
void plane_free(struct plane *plane);

/* Replace the settings (SIGHUP); the plane copies what it needs. */
void plane_configure(struct plane *plane, const struct plane_settings *settings);

/* Note a fact: copied; pointers inside are taken over. Nothing is decided here. */
void plane_note(struct plane *plane, const struct fact *fact);

/*
 * note -> decide -> commit -> act -> tell. Returns when it wants to be called
 * again without a new fact (NEVER: not before one). The first turns load the
 * record; plane_is_loaded() says when servers, users and so on are known.
 */
struct instant plane_turn(struct plane *plane, struct instant now);
bool plane_is_loaded(const struct plane *plane);

/* Is the store answering? When not, `*ret_reason` says why (for /readyz). */
bool plane_is_durable(const struct plane *plane, const char **ret_reason);

/* The time of the turn under way or the last one, or what plane_clock() told since. */
struct instant plane_now(const struct plane *plane);

/* The time between turns, for those who act then (the API): before each request. */
void plane_clock(struct plane *plane, struct instant now);

/* Servers in the order of their names. Valid until the next turn. */
size_t plane_server_count(const struct plane *plane);
struct server *plane_server_at(struct plane *plane, size_t index);
struct server *plane_server(struct plane *plane, const char *name);	/* NULL: no such */

/*
 * For services that work on a server's world: it is neither up nor on its way anywhere, also
 * as far as it is decided in this turn. What they begin then, they object to a start for.
 */
bool plane_is_at_rest(const struct plane *plane, const char *name);

/*
 * Declare (takes `spec`) or change a server; remove one. Both take effect with
 * the next commit. Removing refuses (returns false) while it is not asleep or
 * failed. Declaring the same again changes nothing and tells nothing; returns
 * whether anything changed.
 */
bool plane_declare(struct plane *plane, struct server_spec *spec, const char *by);
bool plane_remove(struct plane *plane, const char *name, const char *by) must_check;

/* For services and the API: what goes into the next commit. plane_tell takes `data` (may be NULL). */
void plane_put(struct plane *plane, enum document_kind kind, const char *key, const json_t *body);
void plane_delete(struct plane *plane, enum document_kind kind, const char *key);
void plane_tell(struct plane *plane, enum event_type type, const char *subject, json_t *data);
/* The same for `audience` in place of the type's own; returns the offset that it gets. */
uint64_t plane_tell_to(struct plane *plane, enum event_type type, const char *subject,
		       enum role audience, json_t *data);

/* Of the documents of `kind` whose keys start with `prefix`, the last `keep` stay. */
void plane_prune(struct plane *plane, enum document_kind kind, const char *prefix, unsigned keep);

/* Call back once everything put and noted so far is durable and decided on. */
typedef void plane_done(void *argument);
void plane_after_commit(struct plane *plane, plane_done *done, void *argument);

/*
 * For those who do not wait for a disk that is full: when the record does not take
 * the commit they wait for, `stuck` comes instead of `done`, with plane_is_durable()
 * saying why. What they asked for is kept and tried again all the same, as long as
 * roost runs.
 */
void plane_after_commit_or(struct plane *plane, plane_done *done, plane_done *stuck,
			   void *argument);

/* A ticket whose reply goes to `heard`, once. The reply is only lent. */
typedef void plane_heard(void *argument, const struct reply *reply);
struct ticket plane_expect(struct plane *plane, plane_heard *heard, void *argument);
void plane_forget(struct plane *plane, struct ticket ticket);	/* the callback will not come */

const struct plane_ports *plane_ports(const struct plane *plane);

/* A new time-ordered id (26 characters, sortable as text). */
void plane_new_id(struct plane *plane, char ret_id[static ID_TEXT_SIZE]);

/* The documents of one kind as they were loaded, for services at start: calls back for each. */
typedef void plane_document(void *argument, const char *key, const json_t *body);
void plane_each_loaded(struct plane *plane, enum document_kind kind, plane_document *each,
		       void *argument);

/* The record: its epoch and the last committed offset. */
const char *plane_epoch(const struct plane *plane);
uint64_t plane_last_offset(const struct plane *plane);
/* The offset of what is told next: behind all that is on its way to the record. */
uint64_t plane_next_offset(const struct plane *plane);

/*
 * A service: what is decided beside the servers (webhooks, push, ...). It is called in
 * the plane's turns, and is to be quick: what takes long is a question to a port. Add
 * it once the plane is loaded; it is the caller's and outlives the plane's last turn.
 */
struct plane_service {
	/*
	 * In a turn in which things are decided, and `due` has come, or plane_wake_service()
	 * was called, or events were told since. What it puts and tells is in this turn's
	 * commit. Returns when it wants to be called without news (NEVER: not before there is some).
	 */
	struct instant (*decide)(struct plane_service *service, struct instant now);
	/* What was decided is durable: ask the world. May be NULL. */
	void (*act)(struct plane_service *service, struct instant now);
	/* These have become durable, in order and without gaps. May be NULL. Nothing may be decided here. */
	void (*told)(struct plane_service *service, const struct store_event *events, size_t count);

	/* The offset of the oldest event it has yet to read, which is not forgotten before; 0 = none. May be NULL. */
	uint64_t (*needs)(const struct plane_service *service);

	/* A game's console said this: live, from whatever run it is. May be NULL. Nothing may be decided here. */
	void (*line)(struct plane_service *service, const char *server, const char *line);

	/*
	 * May the server's life go on? Asked often, also in the middle of a turn: it looks at
	 * what is decided, durable or not, and changes nothing. For a start it is asked when the
	 * start is decided too, and objects then already. One that has nothing to do with it says
	 * CONSENT_GIVEN. May be NULL: it never objects.
	 */
	enum consent (*consent)(struct plane_service *service, enum consent_to to,
				const char *server, char ret_reason[static REASON_LIMIT + 1]);

	/* The plane's. */
	struct plane_service *next;
	struct instant due;
	bool decided;
};
/* For its decide: a wish (FACT_WISH) that is in this turn's commit, with all that follows from it. */
void plane_wish(struct plane *plane, const struct fact *fact);

void plane_add_service(struct plane *plane, struct plane_service *service);
/*
 * All services are there. The plane may have loaded turns before, so where some of them object
 * (consent), nothing may be consented to until then: see `attended_later`.
 */
void plane_attend(struct plane *plane);
/* It has something to decide: in the next turn that decides. */
void plane_wake_service(struct plane *plane, struct plane_service *service);

/*
 * Who may play there, from now on for the gate too: a reference, taken over. Say only
 * what is durable. No such server: nothing.
 */
void plane_show_roster(struct plane *plane, const char *server, struct gate_roster *roster);

/* Console lines (FACT_CONSOLE_LINE, lent) go to `heard` too (page, CLI); NULL stops. */
typedef void plane_console(void *argument, const struct fact *fact);
void plane_on_console(struct plane *plane, plane_console *heard, void *argument);

#endif
