/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key pairs that requests are signed with. Unlike a token's, a pair's secret must be
 * known to check a signature: it is in the record and in memory, and told nobody after
 * its making.
 */

#include "service/users.h"

#include <string.h>

#include "service/users_state.h"

#define USED_APART DURATION_S(300) /* a pair's last use is saved this seldom */

void
key_free(struct key_pair *key)
{
	explicit_bzero(key, sizeof *key);
	mem_free(key);
}

static void
key_digest(struct users *users, struct key_pair *key)
{
	struct secrets_port *secrets = plane_ports(users->plane)->secrets;
	CLEANUP(text_freep) char *text = text_format("key %s", key->id);

	secrets->digest(secrets, text, key->digest);
}

static void
key_save(struct users *users, const struct key_pair *key)
{
	CLEANUP(json_freep) json_t *body = json_object();

	json_set_text(body, "secret", key->secret);
	json_set_text(body, "user", key->user);
	json_set_text(body, "label", key->label);
	json_set_text(body, "role", role_word(key->role));
	json_set_instant(body, "created_at", key->created_at);
	json_set_instant(body, "used_at", key->used_at);
	json_set_instant(body, "expires_at", key->expires_at);
	plane_put(users->plane, DOCUMENT_KEY, key->id, body);
}

void
key_loaded(void *argument, const char *id, const json_t *body)
{
	struct users *users = argument;
	const char *secret = json_get_text(body, "secret", "");
	struct key_pair *key;

	if (strlen(id) != KEY_ID_SIZE - 1 || strlen(secret) != SESSION_SECRET_SIZE - 1 ||
	    keyed_find(&users->keys, id) != NULL)
		return;
	key = mem_new(sizeof *key);
	(void)text_put(key->id, sizeof key->id, id);
	(void)text_put(key->secret, sizeof key->secret, secret);
	(void)text_put(key->user, sizeof key->user, json_get_text(body, "user", ""));
	(void)text_put(key->label, sizeof key->label, json_get_text(body, "label", ""));
	if (!role_parse(json_get_text(body, "role", ""), &key->role))
		key->role = ROLE_NOBODY;
	key->created_at = json_get_instant(body, "created_at");
	key->used_at = json_get_instant(body, "used_at");
	key->expires_at = json_get_instant(body, "expires_at");
	key_digest(users, key);
	keyed_add(&users->keys, key);
}

size_t
users_key_count(const struct users *users)
{
	return users->keys.count;
}

const struct key_pair *
users_key_at(const struct users *users, size_t index)
{
	ASSERT(index < users->keys.count);
	return users->keys.items[index];
}

const struct key_pair *
users_key_find(const struct users *users, const char *id)
{
	return keyed_find(&users->keys, id);
}

const struct key_pair *
key_of_digest(const struct users *users, const char *digest)
{
	for (size_t i = 0; i < users->keys.count; i++) {
		const struct key_pair *key = users->keys.items[i];

		if (strcmp(key->digest, digest) == 0)
			return key;
	}
	return NULL;
}

/* --- making and ending ---------------------------------------------------------------------- */

static void
tell_key(struct users *users, enum event_type type, const struct key_pair *key, const char *by)
{
	json_t *data = json_object();

	json_set_text(data, "id", key->id);
	json_set_text(data, "user", key->user);
	json_set_text(data, "label", key->label);
	json_set_text(data, "role", role_word(key->role));
	json_set_text(data, "by", by);
	plane_tell(users->plane, type, key->user, data);
}

/* "RKEY" and 80 random bits that no other has. */
static void
id_make(struct users *users, char id[static KEY_ID_SIZE])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	struct chance_port *chance = plane_ports(users->plane)->chance;
	unsigned char random[KEY_ID_SIZE - 5];

	do {
		chance->fill(chance, random, sizeof random);
		memcpy(id, "RKEY", 4);
		for (size_t i = 0; i < sizeof random; i++)
			id[4 + i] = letters[random[i] % 32];
		id[KEY_ID_SIZE - 1] = '\0';
	} while (keyed_find(&users->keys, id) != NULL);
}

void
users_make_key(struct users *users, const struct token_order *order,
	       struct users_result *ret_result)
{
	struct key_pair *key;

	*ret_result = (struct users_result){ 0 };
	if (users_find(users, order->user) == NULL)
		ret_result->verdict = USERS_NO_SUCH;
	else if (tokens_are_full(users))
		ret_result->verdict = USERS_FULL;
	if (ret_result->verdict != USERS_DONE)
		return;
	key = mem_new(sizeof *key);
	id_make(users, key->id);
	secret_make(users, key->secret);
	key_digest(users, key);
	(void)text_put(key->user, sizeof key->user, order->user);
	(void)text_put(key->label, sizeof key->label, order->label);
	key->role = order->role;
	key->created_at = plane_now(users->plane);
	key->expires_at = order->expires_at;
	(void)text_put(ret_result->id, sizeof ret_result->id, key->id);
	(void)text_put(ret_result->secret, sizeof ret_result->secret, key->secret);
	keyed_add(&users->keys, key);
	key_save(users, key);
	tell_key(users, EVENT_TOKEN_CREATED, key, order->by);
}

static void
key_end(struct users *users, const char *id)
{
	struct key_pair *key = keyed_remove(&users->keys, id);

	plane_delete(users->plane, DOCUMENT_KEY, key->id);
	key_free(key);
}

bool
key_revoke(struct users *users, const char *id, const char *by)
{
	const struct key_pair *key = users_key_find(users, id);

	if (key == NULL)
		return false;
	tell_key(users, EVENT_TOKEN_REVOKED, key, by);
	key_end(users, key->id);
	return true;
}

void
keys_of_user_end(struct users *users, const char *user)
{
	for (size_t i = users->keys.count; i > 0; i--) {
		const struct key_pair *key = users->keys.items[i - 1];

		if (strcmp(key->user, user) == 0)
			key_end(users, key->id);
	}
}

/* --- who is it? ----------------------------------------------------------------------------- */

bool
users_identify_key(const struct users *users, const char *id, struct caller *ret_caller)
{
	const struct key_pair *key = users_key_find(users, id);
	const struct user *user = key != NULL ? users_find(users, key->user) : NULL;

	*ret_caller = (struct caller){ .by = CALLER_NOBODY, .role = ROLE_NOBODY, .stale = true };
	if (user == NULL || instant_reached(plane_now(users->plane), key->expires_at))
		return false;
	*ret_caller = (struct caller){ .by = CALLER_KEY,
				       .expires_at = key->expires_at,
				       .role = key->role < user->role ? key->role : user->role };
	(void)text_put(ret_caller->user, sizeof ret_caller->user, user->name);
	(void)text_put(ret_caller->digest, sizeof ret_caller->digest, key->digest);
	return true;
}

void
users_key_used(struct users *users, const char *id)
{
	struct key_pair *key = keyed_find(&users->keys, id);
	struct instant now = plane_now(users->plane);

	ASSERT(key != NULL);
	if (!was_long_ago(now, key->used_at, USED_APART))
		return;
	key->used_at = now;
	key_save(users, key);
}
