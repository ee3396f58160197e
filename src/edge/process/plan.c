/* SPDX-License-Identifier: Apache-2.0 */
/* Orders made whole: see the header. */

#include "process/plan.h"

#include <stdio.h>
#include <string.h>

#include "process/spawn.h"
#include "sys/run_mark.h"
#include "sys/secret_file.h"

static bool
has_same_name(const char *a, const char *b)
{
	size_t length = strcspn(a, "=");

	return strncmp(a, b, length) == 0 && b[length] == '=';
}

/* Put `NAME=value` into the list, in place of one of that name. */
static void
put_variable(char **list, size_t *count, char *variable)
{
	for (size_t i = 0; i < *count; i++) {
		if (has_same_name(variable, list[i])) {
			mem_free(list[i]);
			list[i] = variable;
			return;
		}
	}
	list[(*count)++] = variable;
}

static char **
make_environment(const struct process_order *order)
{
	char *const *declared = order->local->environment;
	size_t more = 2, count;
	char **list;

	for (size_t i = 0; declared != NULL && declared[i] != NULL; i++)
		more++;
	list = spawn_environment(more, &count);
	for (size_t i = 0; i < count; i++)
		list[i] = text_copy(list[i]);
	for (size_t i = 0; declared != NULL && declared[i] != NULL; i++)
		put_variable(list, &count, text_copy(declared[i]));
	put_variable(list, &count, text_format("ROOST_SERVER=%s", order->server));
	put_variable(list, &count, text_format("%s=%s", RUN_MARK, order->token));
	return list;
}

void
plan_make(const struct process_order *order, const char *groups, bool limits_kept,
	  struct supervise_order *ret_plan)
{
	const struct local_spec *local = order->local;

	*ret_plan = (struct supervise_order){
		.token = text_copy(order->token),
		.server = text_copy(order->server),
		.command = texts_copy(local->command),
		.directory = text_copy(local->directory),
		.environment = make_environment(order),
		.ready_line = text_copy(order->ready_line != NULL ? order->ready_line : ""),
		.group = groups[0] != '\0' ? text_format("%s/%s", groups, order->token)
					   : text_copy(""),
		.pty = local->pty,
		.memory = limits_kept ? local->memory : 0,
		.cpu_millis = limits_kept ? local->cpu_millis : 0,
	};
}

static size_t
list_count(char *const *list)
{
	size_t count = 0;

	while (list != NULL && list[count] != NULL)
		count++;
	return count;
}

static bool
read_secret(const char *file, char **ret_variable, char *why, size_t size)
{
	size_t length = strcspn(file, "=");
	CLEANUP(text_freep) char *name = text_copy_n(file, length);
	CLEANUP(text_freep)
	char *what = text_format("%s (local.environment_files)", name);
	char *secret;
	bool is_text;

	if (!secret_file_read(file + length + 1, what, VARIABLE_VALUE_LIMIT, &secret, why, size))
		return false;
	is_text = text_is_printable(secret, strlen(secret));
	if (is_text)
		*ret_variable = text_format("%s=%s", name, secret);
	else
		(void)snprintf(why, size, "'%s' does not hold %s: one line of text is expected",
			       file + length + 1, what);
	secret_free(secret);
	return is_text;
}

bool
plan_add_secrets(struct supervise_order *plan, char *const *files, char *why, size_t size)
{
	size_t count = list_count(plan->environment);

	if (files == NULL)
		return true;
	plan->environment = mem_resize(plan->environment,
				       (count + list_count(files) + 1) * sizeof *plan->environment);
	for (size_t i = 0; files[i] != NULL; i++) {
		char *variable;

		if (!read_secret(files[i], &variable, why, size))
			return false;
		put_variable(plan->environment, &count, variable);
		plan->environment[count] = NULL;
	}
	return true;
}

static bool
is_secret(const char *variable, char *const *files)
{
	for (size_t i = 0; files != NULL && files[i] != NULL; i++) {
		if (has_same_name(variable, files[i]))
			return true;
	}
	return false;
}

void
plan_drop_secrets(struct supervise_order *plan, char *const *files)
{
	size_t kept = 0;

	for (size_t i = 0; plan->environment != NULL && plan->environment[i] != NULL; i++) {
		char *variable = plan->environment[i];

		if (is_secret(variable, files))
			secret_free(variable);
		else
			plan->environment[kept++] = variable;
	}
	if (plan->environment != NULL)
		plan->environment[kept] = NULL;
}

void
plan_take_over(const char *token, struct supervise_order *ret_plan)
{
	*ret_plan = (struct supervise_order){
		.takes_over = true,
		.token = text_copy(token),
		.server = text_copy(""),
		.command = texts_copy(NULL),
		.directory = text_copy(""),
		.environment = texts_copy(NULL),
		.ready_line = text_copy(""),
		.group = text_copy(""),
	};
}
