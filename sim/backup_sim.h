/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_BACKUP_SIM_H
#define SIM_BACKUP_SIM_H

/*
 * Worlds, stores of their archives, and what must be so about both. A world is a number that
 * grows while its game runs and saves; who reads it while that happens has a torn copy. The
 * store loses requests and answers, answers late or twice, refuses, is away for a while,
 * and damages an archive now and then. When roost dies its workers die with it, at whatever they
 * were; what they had sent to the store may still come there. Only a share of the seeds has them.
 */

#include "service/backups.h"
#include "world.h"

#define BACKUPS_EVERY	4	/* one seed in so many has them */
#define ARCHIVES_MAX	256
#define TREES_MAX	12

/* Chances in 1024 at each occasion. */
struct backup_faults {
	unsigned request_lost, answer_lost, answer_late, answer_twice, refuse, away, damage, slow,
		mute, chat;
};

enum archive_op {
	ARCHIVE_PACK,
	ARCHIVE_COMMIT,
	ARCHIVE_LOOK,
	ARCHIVE_VERIFY,
	ARCHIVE_UNPACK,
	ARCHIVE_SWAP,
	ARCHIVE_DISCARD,
	ARCHIVE_REMOVE,
	ARCHIVE_LIST,
	ARCHIVE_SWEEP
};

/* What a copy of a world is. */
struct copy {
	uint64_t version;
	bool torn;
	bool excused;			/* a game that a dead roost had started was at it */
};

/* An order on its way, being carried out (`begun`), or its end. */
struct sim_order {
	enum archive_op op;
	struct ticket ticket;
	char name[SERVER_NAME_LIMIT + 1 + ID_TEXT_SIZE];
	char after[OBJECT_KEY_LIMIT + 1];
	int server;			/* whose directory */
	char tree[ID_TEXT_SIZE];	/* restore-ID and before-ID */
	bool is_aside;			/* discard: before-ID */
	uint64_t number;		/* commit: of the pack */
	bool begun, cancelled;
	uint64_t changes;		/* of the world when the pack began */
	struct copy copy;
};

struct sim_archive {
	char name[SERVER_NAME_LIMIT + 1 + ID_TEXT_SIZE];	/* "" = free */
	bool has_tar, has_manifest;
	uint64_t tar, manifest;		/* numbers of packs */
	struct copy copy;
	bool damaged;
	bool verified;			/* the store has read it back whole */
	bool counted;			/* a durable document says that it is good */
	int64_t modified;
};

struct tree {
	char id[ID_TEXT_SIZE];		/* "" = free */
	bool is_aside;
	struct copy copy;
	char origin[SERVER_NAME_LIMIT + 1 + ID_TEXT_SIZE];
};

/* The directory of one server. */
struct sim_directory {
	struct copy world;
	uint64_t memory;		/* what its game knows and has not written */
	uint64_t changes;
	int writing;			/* a save is under way */
	struct tree trees[TREES_MAX];
	bool half;			/* an exchange has begun and not ended */
	char swapped[ID_TEXT_SIZE];	/* the last one that ended */
	char origin[SERVER_NAME_LIMIT + 1 + ID_TEXT_SIZE];	/* the archive that it brought */
	uint64_t brought;
	char backing_run[ID_TEXT_SIZE];	/* the run that waits for its backup, or did */
	bool rewoken;			/* somebody wanted it up meanwhile */
	bool let_go;			/* it was told to sleep without */
	bool gated;			/* policy.backup: before_sleep */
};

struct sim_backup {
	struct backup_faults faults;
	struct dice dice;
	struct archive_port port;
	struct world *world;
	struct backups *now;		/* of the roost that lives; or NULL */
	struct sim_directory directories[SERVERS_MAX];
	struct sim_archive archives[ARCHIVES_MAX];
	uint64_t packs;
	int64_t away_until;
	struct dice blanks;		/* of what follows */
	unsigned blank;			/* chance in 1024: from now on the store seems to be empty */
	int64_t blank_until;
};

void backup_sim_init(struct world *w);	/* behind the declarations */
void backup_sim_deinit(struct world *w);
void backup_sim_birth(struct world *w);
void backup_sim_loaded(struct world *w);
void backup_sim_roost_died(struct world *w);
void backup_sim_end(struct world *w);
void backup_sim_order(struct world *w, struct sim_event *e);	/* an order's next step */
void backup_sim_operate(struct world *w);
void backup_sim_calm(struct world *w);

struct sim_event *backup_order_later(struct world *w, const struct sim_order *order, int64_t in_ms);
struct sim_archive *backup_archive_shown(struct sim_backup *s, const char *name);	/* by the store */
void backup_sim_make_port(struct sim_backup *s);

/* backup_games.c: what games do with their worlds. */
void backup_sim_started(struct world *w, struct sim_process *p);
void backup_sim_said(struct world *w, struct sim_process *p, int line);
void backup_sim_saves(struct world *w, const struct sim_event *e);
void backup_sim_ended(struct world *w, struct sim_process *p);

/* backup_check.c */
struct sim_archive *backup_archive(struct sim_backup *s, const char *name);
void backup_check_committed(struct world *w, const struct store_batch *batch);
void backup_check_removing(struct world *w, const struct sim_archive *archive);
void backup_check_reads(struct world *w, const struct sim_order *order);
void backup_check_exchanged(struct world *w, int server);
void backup_check_always(struct world *w);
void backup_check_after_quiet(struct world *w);
void backup_check_after_days(struct world *w);
bool backup_is_excused(const struct world *w, int server);	/* a game that nobody of today started is there */

#endif
