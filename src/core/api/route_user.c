/* SPDX-License-Identifier: Apache-2.0 */
/* Users, sessions, tokens. */

#include <stdio.h>
#include <string.h>

#include "api/call.h"

bool
users_refused(struct call *call, const struct users_result *result)
{
	char text[300], wait[DURATION_TEXT_SIZE];

	switch (result->verdict) {
	case USERS_DONE:
		return false;
	case USERS_NO_SUCH:
		call_refuse(call, PROBLEM_NOT_FOUND, "There is no such user or token.");
		return true;
	case USERS_WRONG:
		call_refuse(call, PROBLEM_WRONG_PASSWORD,
			    "This name and password do not belong together. Check both; capitals "
			    "count.");
		return true;
	case USERS_LAST_ADMIN:
		call_refuse(
			call, PROBLEM_CONFLICT,
			"This is the last admin, and somebody must be one. Make another user admin "
			"first.");
		return true;
	case USERS_FULL:
		call_refuse(call, PROBLEM_CONFLICT,
			    "There are as many as roost keeps; remove some that are not used.");
		return true;
	case USERS_LATER:
		duration_text(result->wait, wait);
		(void)snprintf(
			text, sizeof text,
			"Too many sign-ins have failed for this name or from this address. Wait "
			"%s, then try again.",
			wait);
		call_refuse_later(call, PROBLEM_TOO_MANY, result->wait, text);
		return true;
	case USERS_FAILED:
		call_refuse_later(call, PROBLEM_NOT_READY, DURATION_S(2),
				  result->reason[0] != '\0'
					  ? result->reason
					  : "The password could not be worked on.");
		return true;
	}
	return true;
}

static json_t *
me_json(const struct call *call, const struct caller *caller)
{
	static const char *const words[] = { [CALLER_NOBODY] = "nobody",
					     [CALLER_SESSION] = "session",
					     [CALLER_TOKEN] = "token",
					     [CALLER_KEY] = "key",
					     [CALLER_LOCAL] = "local" };
	const struct user *user = users_find(call->api->users, caller->user);
	json_t *body = json_object();

	json_set_text(body, "user", caller->user);
	json_set_text(body, "role", role_word(caller->role));
	json_set_text(body, "by", words[caller->by]);
	if (caller->by == CALLER_SESSION)
		json_set_text(body, "csrf", caller->csrf);
	json_set_text(body, "game_name",
		      user != NULL && user->game_name[0] != '\0' ? user->game_name : NULL);
	json_set_text(body, "version", call->api->settings.version);
	return body;
}

static void
on_signed_in(void *argument, const struct users_result *result)
{
	struct call *call = argument;
	struct caller caller;

	if (users_refused(call, result))
		return;
	users_identify(call->api->users, NULL, result->secret, &caller);
	mem_free(call->session);
	call->session = text_copy(result->secret);
	call_answer(call, 201, me_json(call, &caller));
}

void
handle_session_make(struct call *call)
{
	users_sign_in(call->api->users, json_get_text(call->fields, "name", ""),
		      json_get_text(call->fields, "password", ""), &call->ip, on_signed_in, call);
}

static void
on_signed_out(void *argument)
{
	struct api_answer *answer = mem_new(sizeof *answer);
	struct call *call = argument;

	answer->status = 204;
	answer->set_cookie = session_cookie("", call->secure);
	call_answer_with(call, answer);
}

void
handle_session_end(struct call *call)
{
	if (call->caller.by != CALLER_SESSION) {
		call_refuse(call, PROBLEM_CONFLICT,
			    "There is no session to end: you came with a token or over roost's own "
			    "socket. Revoke a token with DELETE /v1/tokens/{id}.");
		return;
	}
	users_sign_out(call->api->users, call->caller.digest);
	call_after_commit(call, on_signed_out);
}

void
handle_me(struct call *call)
{
	call_answer(call, 200, me_json(call, &call->caller));
}

/* Users. */

static json_t *
user_json(const struct user *user)
{
	json_t *to = json_object();

	json_set_text(to, "name", user->name);
	json_set_text(to, "role", role_word(user->role));
	json_set_text(to, "game_name", user->game_name[0] != '\0' ? user->game_name : NULL);
	json_set_bool(to, "has_password", user->password_hash != NULL);
	json_set_instant(to, "created_at", user->created_at);
	json_set_instant(to, "changed_at", user->changed_at);
	json_set_instant(to, "signed_in_at", user->signed_in_at);
	return to;
}

static void
on_user_changed(void *argument, const struct users_result *result)
{
	struct call *call = argument;
	const struct user *user;

	if (users_refused(call, result))
		return;
	user = users_find(call->api->users, result->user);
	if (user == NULL)
		call_refuse(call, PROBLEM_NOT_FOUND, "The user was removed meanwhile.");
	else
		call_answer(call, result->made ? 201 : 200, user_json(user));
}

/* The change that the fields ask for; false: the call is refused. */
static bool
change_of(struct call *call, const char *name, const char *password_field,
	  struct user_change *ret_change)
{
	struct field_errors errors = { .count = 0 };
	const char *password = json_get_text(call->fields, password_field, NULL);
	const char *problem = password != NULL ? user_password_problem(password) : NULL;
	char pointer[32];

	if (!user_name_is_valid(name))
		field_error_add(
			&errors, "/name",
			"begins with a letter or digit and goes on with letters, digits and "
			"._@-, 64 at most");
	(void)snprintf(pointer, sizeof pointer, "/%s", password_field);
	if (problem != NULL)
		field_error_add(&errors, pointer, problem);
	if (errors.count > 0) {
		call_refuse_fields(call, &errors);
		return false;
	}
	*ret_change = (struct user_change){
		.name = name,
		.password = password,
		.game_name = json_get_text(call->fields, "game_name", NULL),
		.by = call->caller.user,
		.keep_session = call->caller.by == CALLER_SESSION ? call->caller.digest : NULL,
	};
	if (!role_parse(json_get_text(call->fields, "role", "nobody"), &ret_change->role))
		ret_change->role = ROLE_NOBODY;
	return true;
}

void
handle_user_put(struct call *call)
{
	struct user_change change;

	if (change_of(call, call->parameter, "password", &change))
		users_change(call->api->users, &change, on_user_changed, call);
}

static void
on_own_password_checked(void *argument, const struct users_result *result)
{
	struct call *call = argument;
	struct user_change change;

	if (users_refused(call, result))
		return;
	if (change_of(call, call->caller.user, "new_password", &change))
		users_change(call->api->users, &change, on_user_changed, call);
}

void
handle_me_change(struct call *call)
{
	const char *password = json_get_text(call->fields, "password", NULL);
	bool new_password = json_object_get(call->fields, "new_password") != NULL;
	struct user_change change;

	if (call->caller.by == CALLER_LOCAL) {
		call_refuse(call, PROBLEM_CONFLICT,
			    "Over roost's own socket you are no user; change one with PUT "
			    "/v1/users/{name}.");
	} else if (new_password && call->caller.by != CALLER_SESSION) {
		call_refuse(call, PROBLEM_FORBIDDEN,
			    "A token cannot change its user's password; sign in to do that.");
	} else if (new_password && password == NULL) {
		struct field_errors errors = { .count = 0 };

		field_error_add(&errors, "/password",
				"is missing: the present one, to set a new one");
		call_refuse_fields(call, &errors);
	} else if (new_password) {
		users_check_password(call->api->users, call->caller.user, password, &call->ip,
				     on_own_password_checked, call);
	} else if (change_of(call, call->caller.user, "new_password", &change)) {
		users_change(call->api->users, &change, on_user_changed, call);
	}
}

void
handle_users(struct call *call)
{
	json_t *body = json_object(), *list = json_array();

	for (size_t i = 0; i < users_count(call->api->users); i++)
		ASSERT(json_array_append_new(list, user_json(users_at(call->api->users, i))) == 0);
	ASSERT(json_object_set_new(body, "users", list) == 0);
	call_answer(call, 200, body);
}

void
handle_user(struct call *call)
{
	const struct user *user = users_find(call->api->users, call->parameter);

	if (user == NULL)
		call_refuse(call, PROBLEM_NOT_FOUND,
			    "There is no such user. GET /v1/users lists those there are.");
	else
		call_answer(call, 200, user_json(user));
}

void
handle_user_delete(struct call *call)
{
	struct users_result result = { .verdict = users_remove(call->api->users, call->parameter,
							       call->caller.user) };

	if (!users_refused(call, &result))
		call_answer_after_commit(call, 204, NULL);
}

/* Tokens. */

static json_t *
token_json(const struct token *token)
{
	json_t *to = json_object();

	json_set_text(to, "id", token->id);
	json_set_text(to, "kind", "bearer");
	json_set_text(to, "label", token->label);
	json_set_text(to, "user", token->user);
	json_set_text(to, "role", role_word(token->role));
	json_set_instant(to, "created_at", token->created_at);
	json_set_instant(to, "used_at", token->used_at);
	json_set_instant(to, "expires_at", token->expires_at);
	return to;
}

static json_t *
key_json(const struct key_pair *key)
{
	json_t *to = json_object();

	json_set_text(to, "id", key->id);
	json_set_text(to, "kind", "sigv4");
	json_set_text(to, "label", key->label);
	json_set_text(to, "user", key->user);
	json_set_text(to, "role", role_word(key->role));
	json_set_instant(to, "created_at", key->created_at);
	json_set_instant(to, "used_at", key->used_at);
	json_set_instant(to, "expires_at", key->expires_at);
	return to;
}

void
handle_tokens(struct call *call)
{
	json_t *body = json_object(), *list = json_array();

	for (size_t i = 0; i < users_token_count(call->api->users); i++)
		ASSERT(json_array_append_new(list,
					     token_json(users_token_at(call->api->users, i))) == 0);
	for (size_t i = 0; i < users_key_count(call->api->users); i++)
		ASSERT(json_array_append_new(list, key_json(users_key_at(call->api->users, i))) ==
		       0);
	ASSERT(json_object_set_new(body, "tokens", list) == 0);
	call_answer(call, 200, body);
}

/* Whose a new token is: who was named, else who asks, else (over the socket) the first admin. */
static const struct user *
token_owner(const struct call *call)
{
	const struct users *users = call->api->users;
	const char *named = json_get_text(call->fields, "user", NULL);

	if (named != NULL)
		return users_find(users, named);
	if (call->caller.by != CALLER_LOCAL)
		return users_find(users, call->caller.user);
	for (size_t i = 0; i < users_count(users); i++) {
		if (users_at(users, i)->role == ROLE_ADMIN)
			return users_at(users, i);
	}
	return NULL;
}

static bool
token_order_of(struct call *call, struct token_order *ret_order)
{
	const struct user *owner = token_owner(call);
	const char *lasts = json_get_text(call->fields, "expires_in", NULL);
	struct field_errors errors = { .count = 0 };
	struct duration duration = { 0 };
	enum role role = owner != NULL ? owner->role : ROLE_NOBODY;

	(void)(lasts != NULL && duration_parse(lasts, &duration));
	if (owner == NULL)
		field_error_add(&errors, "/user",
				"is no user; GET /v1/users lists those there are");
	else if (role_parse(json_get_text(call->fields, "role", role_word(role)), &role) &&
		 role > owner->role)
		field_error_add(&errors, "/role", "is more than the token's user may do");
	if (errors.count > 0) {
		call_refuse_fields(call, &errors);
		return false;
	}
	*ret_order = (struct token_order){
		.user = owner->name,
		.label = json_get_text(call->fields, "label", ""),
		.role = role,
		.expires_at = duration.ms > 0 ? instant_add(plane_now(call->api->plane), duration)
					      : NEVER,
		.by = call->caller.user,
	};
	return true;
}

void
handle_token_make(struct call *call)
{
	bool is_key = json_get_bool(call->fields, "sigv4", false);
	struct users *users = call->api->users;
	struct token_order order;
	struct users_result result;
	json_t *body;

	if (!token_order_of(call, &order))
		return;
	if (is_key)
		users_make_key(users, &order, &result);
	else
		users_make_token(users, &order, &result);
	if (users_refused(call, &result))
		return;
	if (is_key) {
		body = key_json(users_key_find(users, result.id));
		json_set_text(body, "access_key_id", result.id);
		json_set_text(body, "secret_access_key", result.secret);
	} else {
		body = token_json(users_token_find(users, result.id));
		json_set_text(body, "token", result.secret);
	}
	explicit_bzero(&result, sizeof result);
	call_answer_after_commit(call, 201, body);
}

void
handle_token_delete(struct call *call)
{
	struct users_result result = {
		.verdict = users_revoke_token(call->api->users, call->parameter, call->caller.user)
	};

	if (!users_refused(call, &result))
		call_answer_after_commit(call, 204, NULL);
}
