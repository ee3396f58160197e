/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_BACKUPS_H
#define ROOST_BACKUPS_H

/*
 * Backups of worlds, and their restore, as a service of the plane over port/archive.h.
 *
 * A backup is *good* once its archive was read back whole from its store, not before. Each
 * has a document (SERVER/ID), and every step is durable before its order leaves; after a crash
 * of roost it is taken up again, with an archive of a fresh name where the last one's end is not
 * known. So no late effect of an earlier try can touch what counts.
 *
 * A copy is taken at rest (the game does not run, and is kept from starting until the copy
 * is read) or online (its saving is held by console lines; what was held is let go again on
 * every way out, also behind a crash of roost, until the game took it or its run is over).
 *
 * With `policy.backup: before_sleep` a machine is not released before a backup made
 * behind the game's end is good: tried again and again, until `policy.backup_within`, when it is
 * let go without one and this is told. Who wants it up again comes first.
 *
 * A restore is unpacked beside the world (DIRECTORY/.roost/restore-ID), verified, and put in its
 * place by renames; the old world stays in DIRECTORY/.roost/before-ID until the server has run
 * well. What fails before the renames leaves the world as it was.
 *
 * Retention (model/retention.h) and reconciling with what the stores hold go on by
 * themselves. Changes take effect in memory at once and are durable with the next commit.
 */

#include "keeper/plane.h"
#include "port/archive.h"

struct backups;

enum backup_kind {
	BACKUP_DEMAND,		/* somebody wished it */
	BACKUP_SLEEP,		/* the release of a machine waits for it */
	BACKUP_SCHEDULE,
	BACKUP_FOUND,		/* it was in the store, and no document knew it */
	BACKUP_KIND_MAX
};

enum backup_state {
	BACKUP_WAITING,		/* for its turn, for the server to come to rest, or to be tried again */
	BACKUP_HOLDING,		/* the game is told to hold still */
	BACKUP_PACKING,
	BACKUP_COMMITTING,
	BACKUP_VERIFYING,
	BACKUP_GOOD,
	BACKUP_FAILED,
	BACKUP_REMOVING,
	BACKUP_STATE_MAX
};

const char *backup_kind_word(enum backup_kind kind);
const char *backup_state_word(enum backup_state state);

struct backup {
	char id[ID_TEXT_SIZE];
	char server[SERVER_NAME_LIMIT + 1];
	enum backup_kind kind;
	enum backup_state state;
	char store[65];
	char archive[ID_TEXT_SIZE];	/* its name in the store is SERVER/ARCHIVE; "" = none yet */
	char run[ID_TEXT_SIZE];		/* whose end or middle it is of; "" = made while it slept */
	bool at_rest;
	struct instant made;		/* wished */
	struct instant packed_at;	/* of the world as it was then */
	struct instant ended_at;	/* good or failed since */
	uint64_t files, bytes, size;
	char sha256[DIGEST_TEXT_SIZE];
	unsigned changed, missed;	/* files that changed while they were read; that are not in it */
	char missed_first[REASON_LIMIT + 1];	/* of those, and why; "" = none */
	char by[USER_NAME_LIMIT + 1], request_id[ID_TEXT_SIZE];
	char reason[REASON_LIMIT + 1];	/* why it waits or failed; of a good one: the last check found this */
	bool locked;			/* retention and people leave it alone */
	bool released;			/* a sleep went on without it */
	bool checking;			/* it is to be read back once more */
	bool gone;			/* it was not in its store when that was looked at last */
	struct instant checked_at;
	unsigned attempts;
	char **paths;			/* as they were packed; NULL: all */
};

struct restore {
	char server[SERVER_NAME_LIMIT + 1];	/* whose world it becomes */
	char id[ID_TEXT_SIZE];		/* "" = none is under way; old worlds may be kept */
	char from[SERVER_NAME_LIMIT + 1], backup[ID_TEXT_SIZE];
	struct instant made;
	const char *step;		/* for people: "unpacking", "swapping", "clearing away"; NULL: none */
	unsigned kept;			/* old worlds that are kept aside */
};

/* It asks the plane's port for archives; without one all wishes are refused. */
struct backups *backups_new(struct plane *plane) must_check;
void backups_free(struct backups *backups);	/* behind the plane's last turn */
void backups_load(struct backups *backups);	/* once the plane is loaded */

/* The configured stores, for reconciling: NULL-terminated, copied. Without it: those that servers name. */
void backups_set_stores(struct backups *backups, char *const *names);

/* Of a server, the oldest first. Valid until the next turn. */
size_t backups_count(const struct backups *backups, const char *server);
const struct backup *backups_at(const struct backups *backups, const char *server, size_t index);
const struct backup *backups_find(const struct backups *backups, const char *server,
				  const char *id);

/* A restore under way or just done there, or NULL. */
bool backups_restoring(const struct backups *backups, const char *server,
		       struct restore *ret_restore);

enum backups_result {
	BACKUPS_DONE,
	BACKUPS_NO_SUCH,	/* server or backup */
	BACKUPS_REFUSED		/* not now, or not that; `why` says it for people */
};

/* Who wishes it. `request_id` "" : a new one, filled in. */
struct backups_wish {
	const char *server, *id;	/* id: of the backup that is meant */
	const char *by;
	char request_id[ID_TEXT_SIZE];
	char why[REASON_LIMIT + 1];
};

/* Make one; the id that it gets. Wished twice while the first waits, it is the same one. */
enum backups_result backups_make(struct backups *backups, enum backup_kind kind,
				 struct backups_wish *wish, char ret_id[static ID_TEXT_SIZE]);
/* Onto `to` (NULL: the server itself), which must be asleep or failed. */
enum backups_result backups_restore(struct backups *backups, struct backups_wish *wish,
				    const char *to);
enum backups_result backups_check(struct backups *backups, struct backups_wish *wish);
enum backups_result backups_lock(struct backups *backups, struct backups_wish *wish, bool locked);
/* One that is under way and waits for nobody is cancelled; the others go from their store. */
enum backups_result backups_remove(struct backups *backups, struct backups_wish *wish);

/* For schedules_on_backup(): `argument` is the backups. */
const char *backups_on_schedule(void *argument, const char *server);

/* How far the step under way has come: packing, verifying, and (of a restore) unpacking. */
bool backups_progress(const struct backups *backups, const char *server, const char *id,
		      struct archive_progress *ret_progress);

#endif
