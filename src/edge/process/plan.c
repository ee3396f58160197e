/* SPDX-License-Identifier: Apache-2.0 */
/* Orders made whole: see the header. */

#include "process/plan.h"

#include <string.h>

#include "process/spawn.h"
#include "sys/run_mark.h"

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
