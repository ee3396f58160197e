/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is under way about users. A task is in the list from its making to its
 * callback; when the users go before that, it goes without calling back.
 */

#include "service/users_state.h"

#include <string.h>

struct users_task *
task_new(struct users *users, users_done *done, void *argument)
{
	struct users_task *task = mem_new(sizeof *task);

	task->users = users;
	task->done = done;
	task->argument = argument;
	task->next = users->tasks;
	users->tasks = task;
	return task;
}

static void
task_free(struct users_task *task)
{
	if (task->password != NULL)
		explicit_bzero(task->password, strlen(task->password));
	mem_free(task->password);
	mem_free(task->password_hash);
	mem_free(task->game_name);
	explicit_bzero(task, sizeof *task);
	mem_free(task);
}

void
task_finish(struct users_task *task)
{
	struct users_task **at = &task->users->tasks;

	while (*at != task) {
		ASSERT(*at != NULL);
		at = &(*at)->next;
	}
	*at = task->next;
	if (task->done != NULL)
		task->done(task->argument, &task->result);
	task_free(task);
}

static void
on_committed(void *argument)
{
	task_finish(argument);
}

/* It is in the batch that is tried again, but a secret that may be lost is not handed out. */
static void
on_stuck(void *argument)
{
	struct users_task *task = argument;
	const char *why;

	(void)plane_is_durable(task->users->plane, &why);
	explicit_bzero(&task->result, sizeof task->result);
	task->result.verdict = USERS_FAILED;
	(void)text_put(task->result.reason, sizeof task->result.reason, why);
	task_finish(task);
}

void
task_finish_after_commit(struct users_task *task)
{
	plane_after_commit_or(task->users->plane, on_committed, on_stuck, task);
}

void
tasks_free(struct users *users)
{
	while (users->tasks != NULL) {
		struct users_task *task = users->tasks;

		users->tasks = task->next;
		task_free(task);
	}
}

bool
users_are_making_first(const struct users *users)
{
	for (const struct users_task *task = users->tasks; task != NULL; task = task->next) {
		if (task->first)
			return true;
	}
	return false;
}
