/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_USERS_H
#define ROOST_USERS_H

/*
 * Who may use roost: users and their roles, the sessions of browsers and the
 * tokens of programs. All of it is in memory and in the record; secrets are kept
 * as digests (sessions, tokens: 256 random bits) or argon2id hashes (passwords); only
 * the secret of a key pair is kept as it is, for a signature is checked with it.
 *
 * Changes take effect in memory at once and are durable with the next commit.
 * What needs a password hashed, and every answer that must be durable first,
 * comes later by callback and never inside the call that asked.
 */

#include "base/address.h"
#include "keeper/plane.h"
#include "model/name.h"

#define SESSION_LASTS DURATION_S(30 * 86400)	/* since it was last used */
#define SESSION_SECRET_SIZE 44			/* 32 bytes in base64url (43), and the end */
#define TOKEN_SECRET_SIZE (SESSION_SECRET_SIZE + 6)	/* "roost_" before it */

struct user {
	char name[USER_NAME_LIMIT + 1];
	enum role role;
	char *password_hash;			/* NULL: cannot sign in */
	char game_name[PLAYER_NAME_LIMIT + 1];	/* "" = not told */
	struct instant created_at, changed_at, signed_in_at;
};

struct token {
	char digest[DIGEST_TEXT_SIZE];
	char id[ID_TEXT_SIZE];
	char user[USER_NAME_LIMIT + 1];
	char label[LABEL_LIMIT + 1];
	enum role role;				/* never more than the owner's; see users_identify() */
	struct instant created_at, used_at;	/* used_at is exact to some minutes */
	struct instant expires_at;		/* NEVER = does not */
};

#define KEY_ID_SIZE 21		/* as AWS's: 4 letters, 16 of base32, and the end */

/* A pair that requests are signed with (SigV4), counted among the tokens. */
struct key_pair {
	char id[KEY_ID_SIZE];			/* the access key id */
	char secret[SESSION_SECRET_SIZE];
	char digest[DIGEST_TEXT_SIZE];		/* of the id: names the caller as a token's does */
	char user[USER_NAME_LIMIT + 1];
	char label[LABEL_LIMIT + 1];
	enum role role;				/* as a token's */
	struct instant created_at, used_at, expires_at;
};

struct users;

struct users *users_new(struct plane *plane) must_check;
void users_free(struct users *users);

/* Once the plane is loaded: learn what the record holds. */
void users_load(struct users *users);

/* In the order of their names (tokens: of their digests). */
size_t users_count(const struct users *users);
const struct user *users_at(const struct users *users, size_t index);
const struct user *users_find(const struct users *users, const char *name);
size_t users_token_count(const struct users *users);
const struct token *users_token_at(const struct users *users, size_t index);
const struct token *users_token_find(const struct users *users, const char *id);
size_t users_key_count(const struct users *users);
const struct key_pair *users_key_at(const struct users *users, size_t index);
const struct key_pair *users_key_find(const struct users *users, const char *id);

/* What is wrong with a new password, as a sentence; NULL: nothing. */
const char *user_password_problem(const char *password);

/* False for a moment at the first start, while the first admin's password is hashed. */
bool users_have_admin(const struct users *users);

/* When there is no admin: make `admin` with this password (NULL: a made-up one, returned; free it). */
char *users_make_first(struct users *users, const char *password) must_check;

/* Is that admin still being made? Until then nobody could sign in. */
bool users_are_making_first(const struct users *users);

enum users_verdict {
	USERS_DONE,
	USERS_NO_SUCH,		/* no user, token or session of that name */
	USERS_WRONG,		/* name and password do not belong together */
	USERS_LAST_ADMIN,	/* somebody must stay admin */
	USERS_FULL,		/* a limit is reached */
	USERS_LATER,		/* too many tries: wait `wait` */
	USERS_FAILED		/* the machine failed: `reason` */
};

struct users_result {
	enum users_verdict verdict;
	struct duration wait;
	char reason[REASON_LIMIT + 1];
	char secret[TOKEN_SECRET_SIZE];	/* a new session's or token's, told this once */
	bool made;			/* the user is new */
	char id[ID_TEXT_SIZE];		/* a new token's */
	char user[USER_NAME_LIMIT + 1];
};
typedef void users_done(void *argument, const struct users_result *result);

/* Check a password and make a session; USERS_DONE, _WRONG, _LATER or _FAILED. */
void users_sign_in(struct users *users, const char *name, const char *password,
		   const struct ip *ip, users_done *done, void *argument);

struct user_change {
	const char *name;		/* valid; made when there is none */
	enum role role;			/* ROLE_NOBODY = as it is (a new one: player) */
	const char *password;		/* NULL = as it is; else without user_password_problem() */
	const char *game_name;		/* NULL = as it is */
	const char *by;
	const char *keep_session;	/* digest of the session that outlives a new password, or NULL */
};

/* USERS_DONE, _LAST_ADMIN, _FULL or _FAILED. A new password ends the user's other sessions. */
void users_change(struct users *users, const struct user_change *change, users_done *done,
		  void *argument);

/* Is this the user's password? USERS_DONE, _WRONG, _LATER, _FAILED. */
void users_check_password(struct users *users, const char *name, const char *password,
			  const struct ip *ip, users_done *done, void *argument);

/* At once; durable with the next commit. Their sessions and tokens go too. */
enum users_verdict users_remove(struct users *users, const char *name, const char *by);

struct token_order {
	const char *user, *label;
	enum role role;			/* not above the user's: the caller has checked */
	struct instant expires_at;	/* NEVER = does not */
	const char *by;
};

/* At once; result->secret is the token. USERS_DONE, _NO_SUCH or _FULL. */
void users_make_token(struct users *users, const struct token_order *order,
		      struct users_result *ret_result);
/* The same for a key pair: result->id is the access key id, result->secret its secret. */
void users_make_key(struct users *users, const struct token_order *order,
		    struct users_result *ret_result);
/* Of a token or a key pair. */
enum users_verdict users_revoke_token(struct users *users, const char *id, const char *by);

enum caller_by {
	CALLER_NOBODY,
	CALLER_SESSION,
	CALLER_TOKEN,
	CALLER_KEY,		/* by a signature */
	CALLER_LOCAL		/* over the owner-only socket */
};

struct caller {
	enum caller_by by;
	enum role role;
	char user[USER_NAME_LIMIT + 1];
	char digest[DIGEST_TEXT_SIZE];	/* of the session, token or key */
	struct instant expires_at;	/* of the token or key; NEVER = when it is revoked */
	char csrf[DIGEST_TEXT_SIZE];	/* what X-CSRF-Token must be; sessions only */
	bool renewed;			/* the session's 30 days begin anew: send the cookie again */
	bool stale;			/* something was shown, but it is not (or no longer) valid */
};

/* Who shows this token or this session (either may be NULL; the token counts). */
void users_identify(struct users *users, const char *bearer, const char *session,
		    struct caller *ret_caller);

/*
 * Of a connection that was opened before: does what it came with (the digest of a token,
 * session or key pair of this user) still hold? Its role is the least of what all say now.
 */
void users_identify_again(struct users *users, const char *user, const char *digest,
			  enum role most, struct caller *ret_caller);

/*
 * Who signs with this key pair. The signature is the caller's to check, afterwards or
 * before; users_key_used() then notes the use. False: no such pair, or it has expired.
 */
bool users_identify_key(const struct users *users, const char *id,
			struct caller *ret_caller) must_check;
void users_key_used(struct users *users, const char *id);

/* Constant time. */
bool caller_csrf_matches(const struct caller *caller, const char *csrf);

void users_sign_out(struct users *users, const char *digest);

/* A session has ended (signed out, password changed, ...): what was opened with it is to end too. */
typedef void users_session_ended(void *argument, const char *digest);
void users_on_session_end(struct users *users, users_session_ended *ended, void *argument);

#endif
