/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in. A try is taken before the password is looked at and given back
 * when it was right, so that many tries at once count as well; and a name that
 * does not exist costs as long as one that does.
 */

#include "service/users.h"

#include <string.h>

#include "service/users_state.h"

/* Nobody's hash: what a password is compared with when the name is nobody's. */
#define NOBODYS_HASH                                              \
	"$argon2id$v=19$m=65536,t=2,p=1$cm9vc3Qgbm9ib2R5IGhlcmU$" \
	"bm90aGluZyBoYXNoZXMgdG8gdGhpcyBvbmUgYXQgYWw"

static struct duration
take_try(struct users *users, const char *name, const char *address)
{
	struct instant now = plane_now(users->plane);
	struct duration wait = throttle_take(&users->by_address, address, now);

	if (wait.ms > 0)
		return wait;
	wait = throttle_take(&users->by_name, name, now);
	if (wait.ms > 0)
		throttle_give_back(&users->by_address, address, now);
	return wait;
}

static void
give_back_try(struct users_task *task)
{
	struct instant now = plane_now(task->users->plane);

	throttle_give_back(&task->users->by_name, task->name, now);
	throttle_give_back(&task->users->by_address, task->address, now);
}

static void
signed_in(struct users_task *task, struct user *user)
{
	struct users *users = task->users;

	session_make(users, user->name, &task->result);
	user->signed_in_at = plane_now(users->plane);
	user_save(users, user);
	plane_tell(users->plane, EVENT_USER_SIGNED_IN, user->name, NULL);
	task_finish_after_commit(task);
}

static void
on_checked(void *argument, const struct reply *reply)
{
	struct users_task *task = argument;
	struct user *user = keyed_find(&task->users->users, task->name);

	if (reply->result != REPLY_DONE || reply->holds != REPLY_YES_OR_NO) {
		give_back_try(task);
		task->result.verdict = USERS_FAILED;
		(void)text_put(task->result.reason, sizeof task->result.reason, reply->reason);
	} else if (!reply->as.yes || user == NULL || user->password_hash == NULL) {
		task->result.verdict = USERS_WRONG;
	} else {
		give_back_try(task);
		(void)text_put(task->result.user, sizeof task->result.user, user->name);
		if (task->make_session) {
			signed_in(task, user);
			return;
		}
	}
	task_finish(task);
}

static void
check(struct users_task *task, const char *password)
{
	struct users *users = task->users;
	struct secrets_port *secrets = plane_ports(users->plane)->secrets;
	const struct user *user = users_find(users, task->name);
	const char *hash = user != NULL ? user->password_hash : NULL;

	task->result.wait = take_try(users, task->name, task->address);
	if (task->result.wait.ms > 0) {
		task->result.verdict = USERS_LATER;
		task_finish_after_commit(task);
		return;
	}
	task->ticket = plane_expect(users->plane, on_checked, task);
	secrets->check_password(secrets, task->ticket, hash != NULL ? hash : NOBODYS_HASH,
				password);
}

static struct users_task *
task_for(struct users *users, const char *name, const struct ip *ip)
{
	struct users_task *task = task_new(users, NULL, NULL);
	struct ip prefix = ip_prefix(ip);

	(void)text_put(task->name, sizeof task->name, name);
	ip_text(&prefix, task->address);
	return task;
}

void
users_sign_in(struct users *users, const char *name, const char *password, const struct ip *ip,
	      users_done *done, void *argument)
{
	struct users_task *task = task_for(users, name, ip);

	task->done = done;
	task->argument = argument;
	task->make_session = true;
	check(task, password);
}

void
users_check_password(struct users *users, const char *name, const char *password,
		     const struct ip *ip, users_done *done, void *argument)
{
	struct users_task *task = task_for(users, name, ip);

	task->done = done;
	task->argument = argument;
	check(task, password);
}
