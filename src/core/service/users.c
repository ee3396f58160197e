/* SPDX-License-Identifier: Apache-2.0 */
/* Users: made, changed, removed. Passwords go to a worker first; the rest is done at once. */

#include "service/users.h"

#include <stdio.h>
#include <string.h>

#include "service/users_state.h"

static plane_heard on_hashed;

struct users *
users_new(struct plane *plane)
{
	struct users *users = mem_new(sizeof *users);

	users->plane = plane;
	throttle_init(&users->by_name, DURATION_S(30), 10);
	throttle_init(&users->by_address, DURATION_S(5), 30);
	return users;
}

static void
user_free(struct user *user)
{
	mem_free(user->password_hash);
	mem_free(user);
}

void
users_free(struct users *users)
{
	if (users == NULL)
		return;
	tasks_free(users);
	for (size_t i = 0; i < users->users.count; i++)
		user_free(users->users.items[i]);
	for (size_t i = 0; i < users->tokens.count; i++)
		mem_free(users->tokens.items[i]);
	for (size_t i = 0; i < users->keys.count; i++)
		key_free(users->keys.items[i]);
	for (size_t i = 0; i < users->sessions.count; i++)
		mem_free(users->sessions.items[i]);
	keyed_deinit(&users->users);
	keyed_deinit(&users->tokens);
	keyed_deinit(&users->keys);
	keyed_deinit(&users->sessions);
	mem_free(users);
}

static void
user_loaded(void *argument, const char *key, const json_t *body)
{
	struct users *users = argument;
	struct user *user;

	if (keyed_find(&users->users, key) != NULL || !user_name_is_valid(key))
		return;
	user = mem_new(sizeof *user);
	(void)text_put(user->name, sizeof user->name, key);
	if (!role_parse(json_get_text(body, "role", ""), &user->role))
		user->role = ROLE_NOBODY;
	user->password_hash = text_copy(json_get_text(body, "password_hash", NULL));
	(void)text_put(user->game_name, sizeof user->game_name,
		       json_get_text(body, "game_name", ""));
	user->created_at = json_get_instant(body, "created_at");
	user->changed_at = json_get_instant(body, "changed_at");
	user->signed_in_at = json_get_instant(body, "signed_in_at");
	keyed_add(&users->users, user);
}

void
users_load(struct users *users)
{
	plane_each_loaded(users->plane, DOCUMENT_USER, user_loaded, users);
	plane_each_loaded(users->plane, DOCUMENT_TOKEN, token_loaded, users);
	plane_each_loaded(users->plane, DOCUMENT_KEY, key_loaded, users);
	plane_each_loaded(users->plane, DOCUMENT_SESSION, session_loaded, users);
}

void
user_save(struct users *users, const struct user *user)
{
	CLEANUP(json_freep) json_t *body = json_object();

	json_set_text(body, "role", role_word(user->role));
	json_set_text(body, "password_hash", user->password_hash);
	json_set_text(body, "game_name", user->game_name);
	json_set_instant(body, "created_at", user->created_at);
	json_set_instant(body, "changed_at", user->changed_at);
	json_set_instant(body, "signed_in_at", user->signed_in_at);
	plane_put(users->plane, DOCUMENT_USER, user->name, body);
}

size_t
users_count(const struct users *users)
{
	return users->users.count;
}

const struct user *
users_at(const struct users *users, size_t index)
{
	ASSERT(index < users->users.count);
	return users->users.items[index];
}

const struct user *
users_find(const struct users *users, const char *name)
{
	return keyed_find(&users->users, name);
}

const char *
user_password_problem(const char *password)
{
	size_t characters = 0, length = strlen(password);

	for (const char *c = password; *c != '\0'; c++)
		characters += ((unsigned char)*c & 0xc0) != 0x80;
	if (characters < PASSWORD_LEAST)
		return "A password has at least 8 characters; four or five words are a good one.";
	if (length > PASSWORD_LIMIT)
		return "A password has at most 1024 bytes.";
	if (strspn(password, (char[]){ password[0], '\0' }) == length)
		return "A password of one character again and again is too easy to guess.";
	return NULL;
}

static size_t
admins_but(const struct users *users, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < users->users.count; i++) {
		const struct user *user = users->users.items[i];

		count += user->role == ROLE_ADMIN && strcmp(user->name, name) != 0;
	}
	return count;
}

static bool
is_last_admin(const struct users *users, const char *name)
{
	const struct user *user = users_find(users, name);

	return user != NULL && user->role == ROLE_ADMIN && admins_but(users, name) == 0;
}

static void
tell_change(struct users *users, const struct user *user, const char *change, const char *by)
{
	json_t *data = json_object();

	json_set_text(data, "change", change);
	json_set_text(data, "role", role_word(user->role));
	json_set_text(data, "by", by);
	plane_tell(users->plane, EVENT_USER_CHANGED, user->name, data);
}

static struct user *
user_for(struct users *users, const char *name, bool *ret_made)
{
	struct user *user = keyed_find(&users->users, name);

	*ret_made = user == NULL;
	if (user != NULL)
		return user;
	user = mem_new(sizeof *user);
	(void)text_put(user->name, sizeof user->name, name);
	user->role = ROLE_PLAYER;
	user->created_at = plane_now(users->plane);
	keyed_add(&users->users, user);
	return user;
}

/* Everything is known: what could refuse is asked again, since a worker took its time. */
static void
apply_change(struct users_task *task)
{
	struct users *users = task->users;
	struct user *user;

	if (task->role != ROLE_NOBODY && task->role != ROLE_ADMIN &&
	    is_last_admin(users, task->name))
		task->result.verdict = USERS_LAST_ADMIN;
	else if (users->users.count >= USERS_LIMIT && users_find(users, task->name) == NULL)
		task->result.verdict = USERS_FULL;
	if (task->result.verdict != USERS_DONE) {
		task_finish_after_commit(task);
		return;
	}
	user = user_for(users, task->name, &task->result.made);
	if (task->role != ROLE_NOBODY)
		user->role = task->role;
	if (task->game_name != NULL)
		(void)text_put(user->game_name, sizeof user->game_name, task->game_name);
	if (task->password_hash != NULL) {
		mem_free(user->password_hash);
		user->password_hash = TAKE(task->password_hash);
		sessions_of_user_end(users, user->name, task->keep_session);
	}
	user->changed_at = plane_now(users->plane);
	user_save(users, user);
	tell_change(users, user, task->result.made ? "made" : "changed", task->by);
	task_finish_after_commit(task);
}

static void
hash(struct users_task *task, const char *password)
{
	struct secrets_port *secrets = plane_ports(task->users->plane)->secrets;

	task->ticket = plane_expect(task->users->plane, on_hashed, task);
	secrets->hash_password(secrets, task->ticket, password);
}

static void
on_hashed(void *argument, const struct reply *reply)
{
	struct users_task *task = argument;

	if (reply->result == REPLY_DONE && reply->holds == REPLY_TEXT) {
		task->password_hash = text_copy(reply->as.text);
		apply_change(task);
	} else if (task->first) {
		hash(task, task->password);
	} else {
		task->result.verdict = USERS_FAILED;
		(void)text_put(task->result.reason, sizeof task->result.reason, reply->reason);
		task_finish(task);
	}
}

void
users_change(struct users *users, const struct user_change *change, users_done *done,
	     void *argument)
{
	struct users_task *task = task_new(users, done, argument);

	ASSERT(user_name_is_valid(change->name));
	(void)text_put(task->name, sizeof task->name, change->name);
	(void)text_put(task->by, sizeof task->by, change->by);
	(void)text_put(task->result.user, sizeof task->result.user, change->name);
	if (change->keep_session != NULL)
		(void)text_put(task->keep_session, sizeof task->keep_session, change->keep_session);
	task->role = change->role;
	task->game_name = text_copy(change->game_name);
	if (change->password != NULL)
		hash(task, change->password);
	else
		apply_change(task);
}

enum users_verdict
users_remove(struct users *users, const char *name, const char *by)
{
	struct user *user = keyed_find(&users->users, name);

	if (user == NULL)
		return USERS_NO_SUCH;
	if (is_last_admin(users, name))
		return USERS_LAST_ADMIN;
	sessions_of_user_end(users, name, NULL);
	tokens_of_user_end(users, name);
	keys_of_user_end(users, name);
	plane_delete(users->plane, DOCUMENT_USER, name);
	tell_change(users, user, "removed", by);
	(void)keyed_remove(&users->users, name);
	user_free(user);
	return USERS_DONE;
}

/* Five groups of five from 32 letters and digits that are not mistaken for others: 125 bits. */
static char *
make_password(struct users *users)
{
	static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
	struct chance_port *chance = plane_ports(users->plane)->chance;
	unsigned char random[25];
	char *text = mem_new(30);
	size_t at = 0;

	chance->fill(chance, random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++) {
		if (i > 0 && i % 5 == 0)
			text[at++] = '-';
		text[at++] = alphabet[random[i] % 32];
	}
	explicit_bzero(random, sizeof random);
	return text;
}

bool
users_have_admin(const struct users *users)
{
	return admins_but(users, "") > 0;
}

char *
users_make_first(struct users *users, const char *password)
{
	CLEANUP(text_freep) char *made = NULL;
	struct users_task *task;

	if (users_have_admin(users))
		return NULL;
	if (password == NULL)
		made = make_password(users);
	task = task_new(users, NULL, NULL);
	task->first = true;
	task->role = ROLE_ADMIN;
	(void)text_put(task->name, sizeof task->name, "admin");
	(void)text_put(task->by, sizeof task->by, "roost");
	task->password = text_copy(password != NULL ? password : made);
	hash(task, task->password);
	return TAKE(made);
}
