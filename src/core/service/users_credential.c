/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens and sessions: secrets of 256 random bits, found again by their digest.
 * A session's CSRF token is a digest of its secret too, so it needs no place of
 * its own and dies with it.
 */

#include "service/users.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "service/users_state.h"

#define SEEN_APART DURATION_S(3600) /* a session's last use is saved this seldom */
#define USED_APART DURATION_S(300)  /* and a token's */

bool
was_long_ago(struct instant now, struct instant then, struct duration apart)
{
	return !instant_is_set(then) || instant_since(now, then).ms >= apart.ms;
}

void
secret_make(struct users *users, char secret[static SESSION_SECRET_SIZE])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	struct chance_port *chance = plane_ports(users->plane)->chance;
	unsigned char random[33] = { 0 }; /* 32, and one of padding that is cut off */
	size_t at = 0;

	chance->fill(chance, random, 32);
	for (size_t i = 0; i < sizeof random; i += 3) {
		unsigned three =
			(unsigned)random[i] << 16 | (unsigned)random[i + 1] << 8 | random[i + 2];

		for (int shift = 18; shift >= 0 && at < SESSION_SECRET_SIZE - 1; shift -= 6)
			secret[at++] = digits[three >> shift & 63];
	}
	secret[at] = '\0';
	explicit_bzero(random, sizeof random);
}

static void
digest(struct users *users, const char *text, char ret_digest[static DIGEST_TEXT_SIZE])
{
	struct secrets_port *secrets = plane_ports(users->plane)->secrets;

	secrets->digest(secrets, text, ret_digest);
}

/* Sessions. */

static void
session_save(struct users *users, const struct session *session)
{
	CLEANUP(json_freep) json_t *body = json_object();

	json_set_text(body, "user", session->user);
	json_set_instant(body, "created_at", session->created_at);
	json_set_instant(body, "seen_at", session->seen_at);
	plane_put(users->plane, DOCUMENT_SESSION, session->digest, body);
}

static void
session_end(struct users *users, const char *key)
{
	struct session *session = keyed_remove(&users->sessions, key);

	if (session == NULL)
		return;
	plane_delete(users->plane, DOCUMENT_SESSION, session->digest);
	if (users->session_ended != NULL)
		users->session_ended(users->session_argument, session->digest);
	mem_free(session);
}

void
users_on_session_end(struct users *users, users_session_ended *ended, void *argument)
{
	users->session_ended = ended;
	users->session_argument = argument;
}

static bool
session_is_over(const struct session *session, struct instant now)
{
	return instant_reached(now, instant_add(session->seen_at, SESSION_LASTS));
}

void
session_loaded(void *argument, const char *key, const json_t *body)
{
	struct users *users = argument;
	struct session *session;

	if (strlen(key) != DIGEST_TEXT_SIZE - 1 || keyed_find(&users->sessions, key) != NULL)
		return;
	session = mem_new(sizeof *session);
	(void)text_put(session->digest, sizeof session->digest, key);
	(void)text_put(session->user, sizeof session->user, json_get_text(body, "user", ""));
	session->created_at = json_get_instant(body, "created_at");
	session->seen_at = json_get_instant(body, "seen_at");
	keyed_add(&users->sessions, session);
}

/* Room for one more of this user: what is over goes, then what was unused longest. */
static void
make_room(struct users *users, const char *user)
{
	struct instant now = plane_now(users->plane);
	const struct session *oldest = NULL, *own_oldest = NULL;
	size_t own = 0;

	for (size_t i = users->sessions.count; i > 0; i--) {
		const struct session *s = users->sessions.items[i - 1];

		if (session_is_over(s, now)) {
			session_end(users, s->digest);
			continue;
		}
		if (oldest == NULL || s->seen_at.ms < oldest->seen_at.ms)
			oldest = s;
		if (strcmp(s->user, user) != 0)
			continue;
		own++;
		if (own_oldest == NULL || s->seen_at.ms < own_oldest->seen_at.ms)
			own_oldest = s;
	}
	if (own >= SESSIONS_PER_USER_LIMIT)
		session_end(users, own_oldest->digest);
	else if (users->sessions.count >= SESSIONS_LIMIT)
		session_end(users, oldest->digest);
}

void
session_make(struct users *users, const char *user, struct users_result *result)
{
	struct session *session;

	make_room(users, user);
	session = mem_new(sizeof *session);
	secret_make(users, result->secret);
	digest(users, result->secret, session->digest);
	(void)text_put(session->user, sizeof session->user, user);
	session->created_at = session->seen_at = plane_now(users->plane);
	keyed_add(&users->sessions, session);
	session_save(users, session);
}

void
sessions_of_user_end(struct users *users, const char *user, const char *but)
{
	for (size_t i = users->sessions.count; i > 0; i--) {
		const struct session *s = users->sessions.items[i - 1];

		if (strcmp(s->user, user) == 0 && !text_equal(s->digest, but))
			session_end(users, s->digest);
	}
}

void
users_sign_out(struct users *users, const char *key)
{
	session_end(users, key);
}

/* Tokens. */

static void
token_save(struct users *users, const struct token *token)
{
	CLEANUP(json_freep) json_t *body = json_object();

	json_set_text(body, "id", token->id);
	json_set_text(body, "user", token->user);
	json_set_text(body, "label", token->label);
	json_set_text(body, "role", role_word(token->role));
	json_set_instant(body, "created_at", token->created_at);
	json_set_instant(body, "used_at", token->used_at);
	json_set_instant(body, "expires_at", token->expires_at);
	plane_put(users->plane, DOCUMENT_TOKEN, token->digest, body);
}

void
token_loaded(void *argument, const char *key, const json_t *body)
{
	struct users *users = argument;
	struct token *token;

	if (strlen(key) != DIGEST_TEXT_SIZE - 1 || keyed_find(&users->tokens, key) != NULL)
		return;
	token = mem_new(sizeof *token);
	(void)text_put(token->digest, sizeof token->digest, key);
	(void)text_put(token->id, sizeof token->id, json_get_text(body, "id", ""));
	(void)text_put(token->user, sizeof token->user, json_get_text(body, "user", ""));
	(void)text_put(token->label, sizeof token->label, json_get_text(body, "label", ""));
	if (!role_parse(json_get_text(body, "role", ""), &token->role))
		token->role = ROLE_NOBODY;
	token->created_at = json_get_instant(body, "created_at");
	token->used_at = json_get_instant(body, "used_at");
	token->expires_at = json_get_instant(body, "expires_at");
	keyed_add(&users->tokens, token);
}

size_t
users_token_count(const struct users *users)
{
	return users->tokens.count;
}

const struct token *
users_token_at(const struct users *users, size_t index)
{
	ASSERT(index < users->tokens.count);
	return users->tokens.items[index];
}

const struct token *
users_token_find(const struct users *users, const char *id)
{
	for (size_t i = 0; i < users->tokens.count; i++) {
		const struct token *token = users->tokens.items[i];

		if (strcmp(token->id, id) == 0)
			return token;
	}
	return NULL;
}

bool
tokens_are_full(const struct users *users)
{
	return users->tokens.count + users->keys.count >= TOKENS_LIMIT;
}

static void
tell_token(struct users *users, enum event_type type, const struct token *token, const char *by)
{
	json_t *data = json_object();

	json_set_text(data, "id", token->id);
	json_set_text(data, "user", token->user);
	json_set_text(data, "label", token->label);
	json_set_text(data, "role", role_word(token->role));
	json_set_text(data, "by", by);
	plane_tell(users->plane, type, token->user, data);
}

void
users_make_token(struct users *users, const struct token_order *order,
		 struct users_result *ret_result)
{
	struct token *token;
	char secret[SESSION_SECRET_SIZE];

	*ret_result = (struct users_result){ 0 };
	if (users_find(users, order->user) == NULL)
		ret_result->verdict = USERS_NO_SUCH;
	else if (tokens_are_full(users))
		ret_result->verdict = USERS_FULL;
	if (ret_result->verdict != USERS_DONE)
		return;
	token = mem_new(sizeof *token);
	secret_make(users, secret);
	(void)snprintf(ret_result->secret, sizeof ret_result->secret, "roost_%s", secret);
	digest(users, ret_result->secret, token->digest);
	plane_new_id(users->plane, token->id);
	(void)text_put(ret_result->id, sizeof ret_result->id, token->id);
	(void)text_put(token->user, sizeof token->user, order->user);
	(void)text_put(token->label, sizeof token->label, order->label);
	token->role = order->role;
	token->created_at = plane_now(users->plane);
	token->expires_at = order->expires_at;
	keyed_add(&users->tokens, token);
	token_save(users, token);
	tell_token(users, EVENT_TOKEN_CREATED, token, order->by);
}

static void
token_end(struct users *users, const char *key)
{
	struct token *token = keyed_remove(&users->tokens, key);

	plane_delete(users->plane, DOCUMENT_TOKEN, token->digest);
	mem_free(token);
}

enum users_verdict
users_revoke_token(struct users *users, const char *id, const char *by)
{
	const struct token *token = users_token_find(users, id);

	if (token == NULL)
		return key_revoke(users, id, by) ? USERS_DONE : USERS_NO_SUCH;
	tell_token(users, EVENT_TOKEN_REVOKED, token, by);
	token_end(users, token->digest);
	return USERS_DONE;
}

void
tokens_of_user_end(struct users *users, const char *user)
{
	for (size_t i = users->tokens.count; i > 0; i--) {
		const struct token *token = users->tokens.items[i - 1];

		if (strcmp(token->user, user) == 0)
			token_end(users, token->digest);
	}
}

/* Who is it? */

static void
identify_token(struct users *users, const char *bearer, struct caller *caller)
{
	struct instant now = plane_now(users->plane);
	const struct user *user;
	struct token *token;

	digest(users, bearer, caller->digest);
	token = keyed_find(&users->tokens, caller->digest);
	user = token != NULL ? users_find(users, token->user) : NULL;
	if (user == NULL || instant_reached(now, token->expires_at)) {
		caller->stale = true;
		return;
	}
	if (was_long_ago(now, token->used_at, USED_APART)) {
		token->used_at = now;
		token_save(users, token);
	}
	caller->by = CALLER_TOKEN;
	caller->expires_at = token->expires_at;
	caller->role = token->role < user->role ? token->role : user->role;
	(void)text_put(caller->user, sizeof caller->user, user->name);
}

static void
identify_session(struct users *users, const char *secret, struct caller *caller)
{
	CLEANUP(text_freep) char *csrf = text_format("csrf %s", secret);
	struct instant now = plane_now(users->plane);
	const struct user *user;
	struct session *session;

	digest(users, secret, caller->digest);
	session = keyed_find(&users->sessions, caller->digest);
	user = session != NULL ? users_find(users, session->user) : NULL;
	if (user == NULL || session_is_over(session, now)) {
		caller->stale = true;
		return;
	}
	if (was_long_ago(now, session->seen_at, SEEN_APART)) {
		session->seen_at = now;
		session_save(users, session);
		caller->renewed = true;
	}
	caller->by = CALLER_SESSION;
	caller->role = user->role;
	(void)text_put(caller->user, sizeof caller->user, user->name);
	digest(users, csrf, caller->csrf);
}

void
users_identify(struct users *users, const char *bearer, const char *session,
	       struct caller *ret_caller)
{
	*ret_caller = (struct caller){ .by = CALLER_NOBODY, .role = ROLE_NOBODY };
	if (bearer != NULL)
		identify_token(users, bearer, ret_caller);
	else if (session != NULL)
		identify_session(users, session, ret_caller);
}

static enum role
lesser(enum role a, enum role b)
{
	return a < b ? a : b;
}

void
users_identify_again(struct users *users, const char *name, const char *digest, enum role most,
		     struct caller *ret_caller)
{
	const struct token *token = keyed_find(&users->tokens, digest);
	const struct session *session = keyed_find(&users->sessions, digest);
	const struct key_pair *key = key_of_digest(users, digest);
	const struct user *user = users_find(users, name);
	struct instant now = plane_now(users->plane);

	*ret_caller = (struct caller){ .by = CALLER_NOBODY, .role = ROLE_NOBODY };
	if (digest[0] == '\0')
		return; /* it came as nobody */
	ret_caller->stale = true;
	if (user == NULL)
		return;
	if (token != NULL && strcmp(token->user, name) == 0 &&
	    !instant_reached(now, token->expires_at)) {
		ret_caller->by = CALLER_TOKEN;
		ret_caller->role = lesser(most, lesser(token->role, user->role));
	} else if (session != NULL && strcmp(session->user, name) == 0 &&
		   !session_is_over(session, now)) {
		ret_caller->by = CALLER_SESSION;
		ret_caller->role = lesser(most, user->role);
	} else if (key != NULL && strcmp(key->user, name) == 0 &&
		   !instant_reached(now, key->expires_at)) {
		ret_caller->by = CALLER_KEY;
		ret_caller->role = lesser(most, lesser(key->role, user->role));
	} else {
		return;
	}
	ret_caller->stale = false;
	(void)text_put(ret_caller->user, sizeof ret_caller->user, user->name);
	(void)text_put(ret_caller->digest, sizeof ret_caller->digest, digest);
}

bool
caller_csrf_matches(const struct caller *caller, const char *csrf)
{
	return caller->by == CALLER_SESSION && csrf != NULL &&
	       strlen(csrf) == DIGEST_TEXT_SIZE - 1 &&
	       sodium_memcmp(csrf, caller->csrf, DIGEST_TEXT_SIZE - 1) == 0;
}
