/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_USERS_STATE_H
#define ROOST_USERS_STATE_H

/* What the files behind users.h share. */

#include "service/keyed.h"
#include "service/throttle.h"
#include "service/users.h"

struct session {
	char digest[DIGEST_TEXT_SIZE];
	char user[USER_NAME_LIMIT + 1];
	struct instant created_at, seen_at;	/* seen_at is exact to an hour */
};

/* Something under way: a password with a worker, or a commit that is waited for. */
struct users_task {
	struct users_task *next;
	struct users *users;
	struct ticket ticket;		/* 0 once it was heard of */
	users_done *done;		/* NULL: nobody waits */
	void *argument;
	struct users_result result;
	/* The change to make once the password is hashed. */
	bool first;			/* it is the first admin: try again until it works */
	char name[USER_NAME_LIMIT + 1];
	enum role role;
	char *password;			/* only of the first admin, for trying again */
	char *password_hash;
	char *game_name;
	char by[USER_NAME_LIMIT + 1];
	char keep_session[DIGEST_TEXT_SIZE];
	/* The tries taken for a sign-in. */
	bool make_session;
	char address[IP_TEXT_SIZE];
};

struct users {
	struct plane *plane;
	struct keyed users, tokens, keys, sessions;
	struct throttle by_name, by_address;
	struct users_task *tasks;
	users_session_ended *session_ended;	/* or NULL */
	void *session_argument;
};

/* users_task.c */
struct users_task *task_new(struct users *users, users_done *done, void *argument);
void task_finish(struct users_task *task);		/* call back now and free */
void task_finish_after_commit(struct users_task *task);
void tasks_free(struct users *users);

/* users_credential.c */
void session_make(struct users *users, const char *user, struct users_result *result);
void sessions_of_user_end(struct users *users, const char *user, const char *but);
void tokens_of_user_end(struct users *users, const char *user);
void session_loaded(void *users, const char *key, const json_t *body);
void token_loaded(void *users, const char *key, const json_t *body);
bool tokens_are_full(const struct users *users);
void secret_make(struct users *users, char secret[static SESSION_SECRET_SIZE]);

bool was_long_ago(struct instant now, struct instant then, struct duration apart);

/* users_key.c */
void key_loaded(void *users, const char *key, const json_t *body);
void key_free(struct key_pair *key);
bool key_revoke(struct users *users, const char *id, const char *by);
const struct key_pair *key_of_digest(const struct users *users, const char *digest);
void keys_of_user_end(struct users *users, const char *user);

/* users.c */
void user_save(struct users *users, const struct user *user);

#endif
