/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ROSTER_STATE_H
#define ROOST_ROSTER_STATE_H

/* What the files behind roster.h share. */

#include "game/game_file.h"
#include "service/keyed.h"
#include "service/roster.h"
#include "service/throttle.h"

#define ROSTER_PROPERTIES GAME_LIST_MAX	/* behind the lists, where files are asked for */
#define ROSTER_FILES (GAME_LIST_MAX + 1)

_Static_assert(ROSTER_FILES <= FILES_AT_ONCE, "all at once");

enum files_are {
	FILES_IDLE,
	FILES_TO_READ,		/* once what is decided is durable */
	FILES_READ,		/* asked */
	FILES_TO_WRITE,
	FILES_WRITTEN		/* asked */
};

struct roster {
	char server[SERVER_NAME_LIMIT + 1];	/* the key */
	struct rosters *of;
	struct keyed players;
	bool changed;			/* since it was last looked at whole */
	struct gate_roster *shown;	/* for the gate, once durable; or NULL */
	struct instant ban_ends;	/* the first of them */
	bool waits;			/* the game has perhaps still to be told something */
	/* The line that is under way. */
	bool chosen;			/* to be said, once durable */
	struct ticket said;
	char about[ROSTER_KEY_SIZE];	/* "" = the whitelist itself */
	unsigned flag;
	bool was_set, is_overtaken;	/* something newer was said of the same player since */
	char line[256];
	struct instant again_at;	/* a line was not taken: not before this */
	struct instant said_at;
	/* `whitelist on` and `off`. */
	bool list_is_on;		/* we switched it on; on record */
	char list_run[RUN_TOKEN_SIZE];	/* in which it was said last */
	/* The game's files. */
	struct ticket asked;
	enum files_are files_are;
	bool is_due;			/* look at them */
	struct instant look_at;		/* not before this */
	struct instant asked_at;
	bool was_down;			/* it did not run when they were asked for */
	unsigned looks;			/* at a running game that has not shown what it was told */
	unsigned misses;		/* they changed between reading and writing, in a row */
	bool is_restored;		/* they are of an earlier time; on record */
	bool own_changed;		/* what is on record of no player has to be stored */
	struct files_answer *found;	/* while they are written */
	char *texts[GAME_LIST_MAX];	/* what they are to say; NULL: they are right */
	struct game_properties properties;
	char asked_for[RUN_TOKEN_SIZE];	/* the start they were asked for; "" = none */
	char preparing[RUN_TOKEN_SIZE];	/* the start that waits for them */
	char prepared[RUN_TOKEN_SIZE];	/* the last they were in place for */
	struct instant preparing_since;
	bool cannot;			/* `trouble` is of the files */
	char trouble[REASON_LIMIT + 1];
	char told_trouble[REASON_LIMIT + 1];
	/* The run's operator. */
	char op_run[ID_TEXT_SIZE];	/* which run all this is of; "" = none; on record */
	char op_digest[DIGEST_TEXT_SIZE];	/* of the token; "" = there is none */
	bool op_told;			/* the owner was */
	bool op_is_used;		/* somebody was made operator in this run */
	struct op_line heard[4];	/* in chat, since the last turn */
	size_t heard_count;
};

struct rosters {
	struct plane *plane;
	const struct users *users;
	struct profiles *profiles;
	struct keyed rosters;
	struct plane_service service;
	struct throttle tries;		/* of tokens in chat */
	bool refresh;			/* users or declarations may have changed */
};

struct roster *roster_of(struct rosters *rosters, const char *server);	/* made when there is none */
struct roster_player *roster_player_of(struct roster *roster, const char *name);
struct roster_player *roster_network_of(struct roster *roster, const struct network *network);

/* roster_change.c */
void roster_tell(const struct roster *roster, const struct roster_player *player, unsigned flag,
		 const char *source);
size_t roster_count_by_hand(const struct roster *roster);

/* roster_record.c */
void roster_save(struct roster *roster, struct roster_player *player);
void roster_save_own(struct roster *roster);	/* what is about no player */
void roster_load(void *argument, const char *key, const json_t *body);
void roster_forget_record(struct roster *roster);

/* roster_tell.c: choose the next line for the game, if it can hear one; and say it. */
void roster_choose(struct roster *roster, struct instant now);
void roster_say(struct roster *roster);

/* roster_files.c: look at the game's files, and put right what they say. */
bool roster_files_are_watched(const struct roster *roster);
void roster_files_decide(struct roster *roster, struct instant now);
void roster_files_act(struct roster *roster, struct instant now);
struct instant roster_files_due(const struct roster *roster);
void roster_files_free(struct roster *roster);
enum consent roster_files_consent(struct roster *roster, const struct server *server,
				  char ret_reason[static REASON_LIMIT + 1]);

/* roster_merge.c: what the files say, what was told, what is wanted. */
/* False: one is no list, and `trouble` says which. Then nothing was taken. */
bool roster_merge(struct roster *roster, const struct files_answer *found) must_check;

/* roster_op.c */
void roster_op_decide(struct roster *roster);
void roster_op_hear(struct roster *roster, const char *line);

#endif
