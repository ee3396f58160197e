/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PUSH_H
#define ROOST_PUSH_H

/*
 * Web Push: "tell me when it is ready", told to a browser whose page is closed (RFC 8030,
 * 8291, 8292). A browser says which servers it waits for; what happens to them goes to the
 * browser's push service, which passes it on.
 *
 * What is to be sent is committed before it is sent, and in the same commit a wish for
 * one time is gone; so a crash loses nothing and repeats at most what was under way, which
 * browsers show once (`tag`). A place in the record is kept too: what became durable while
 * roost died is read again at the next start.
 */

#include "keeper/plane.h"
#include "service/users.h"

struct push;

struct push_settings {
	const char *subject;		/* whom push services may write to: mailto: or https:; "" = from public_url */
	const char *public_url;		/* or "" */
	const struct network *allow;	/* literal addresses at which plain http is taken, too */
	size_t allow_count;
};

/* All is copied. Needs the http and seal ports; without them nobody can be told (push_is_possible). */
struct push *push_new(struct plane *plane, struct users *users,
		      const struct push_settings *settings) must_check;
void push_free(struct push *push);	/* after the plane's last turn */
void push_load(struct push *push);	/* once the plane is loaded; joins its turns */
bool push_is_possible(const struct push *push);

/* `applicationServerKey` of browsers: 87 characters. Made at the first start; durable with the next commit. */
const char *push_public_key(const struct push *push);

struct push_wish {
	char server[SERVER_NAME_LIMIT + 1];
	bool always;			/* else once */
	uint64_t after;			/* events up to here are not for it */
};

/* A browser that wants to be told. */
struct push_browser {
	char id[DIGEST_TEXT_SIZE];	/* of its endpoint */
	char user[USER_NAME_LIMIT + 1];
	char *endpoint;
	unsigned char key[SEAL_PUBLIC_SIZE], auth[SEAL_AUTH_SIZE];
	struct push_wish *wishes;
	size_t wish_count;
	bool alerts;			/* and what somebody should look at (staff) */
	uint64_t alerts_after;
	struct instant created_at, changed_at;
	unsigned failures;		/* messages given up in a row */
	struct push_sending *sendings;	/* the service's */
	size_t sending_count;
	struct ticket flight;
	struct instant flight_ends_at;	/* no answer by then is no answer */
	uint64_t flight_event;
	bool changed, gone;
};

size_t push_count(const struct push *push);
const struct push_browser *push_at(const struct push *push, size_t index);	/* in the order of ids */

/* What is wrong with an endpoint, as the end of a sentence ("is ..."); NULL: nothing. */
const char *push_endpoint_problem(const struct push *push, const char *endpoint);
/* `p256dh` and `auth` as browsers write them (base64url). */
bool push_key_parse(const struct push *push, const char *text,
		    unsigned char ret_key[static SEAL_PUBLIC_SIZE]);
bool push_auth_parse(const char *text, unsigned char ret_auth[static SEAL_AUTH_SIZE]);

enum push_verdict {
	PUSH_DONE,
	PUSH_MADE,		/* it is new */
	PUSH_NO_SUCH,		/* or it is another's: who asks is not told which */
	PUSH_ANOTHERS,		/* the endpoint is another user's, and its keys are others */
	PUSH_FULL
};

/* Lent; endpoint and keys are right. */
struct push_order {
	const char *user, *endpoint;
	unsigned char key[SEAL_PUBLIC_SIZE], auth[SEAL_AUTH_SIZE];
	const struct push_wish *wishes;	/* `after` is not looked at: a wish that was there keeps its own */
	size_t wish_count;		/* at most PUSH_WISHES_LIMIT */
	bool alerts;
};

/*
 * At once; durable with the next commit. A browser that is another user's becomes this
 * one's when its keys are the same: then it is the same browser, and somebody else has
 * signed in. A user has PUSH_BROWSERS_PER_USER_LIMIT; beyond, the one changed longest ago goes.
 */
enum push_verdict push_put(struct push *push, const struct push_order *order,
			   const struct push_browser **ret_browser);
enum push_verdict push_remove(struct push *push, const char *user, const char *id);

#endif
