/* SPDX-License-Identifier: Apache-2.0 */
/* The order as JSON: see the header. */

#include "wire/supervise/order.h"

#include <string.h>

static json_t *
list_json(char *const *list)
{
	json_t *array = json_array();

	ASSERT(array != NULL);
	for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
		json_t *text = json_string(list[i]);

		if (text != NULL)
			ASSERT(json_array_append_new(array, text) == 0);
	}
	return array;
}

void
supervise_order_put(const struct supervise_order *order, struct buf *to)
{
	CLEANUP(json_freep) json_t *object = json_object();
	CLEANUP(text_freep) char *text = NULL;

	ASSERT(object != NULL);
	json_set_bool(object, "takes_over", order->takes_over);
	json_set_text(object, "token", order->token);
	json_set_text(object, "server", order->server);
	json_set_text(object, "directory", order->directory);
	json_set_text(object, "ready_line", order->ready_line);
	json_set_text(object, "group", order->group);
	json_set_bool(object, "pty", order->pty);
	json_set_integer(object, "memory", order->memory);
	json_set_integer(object, "cpu_millis", order->cpu_millis);
	ASSERT(json_object_set_new(object, "command", list_json(order->command)) == 0);
	ASSERT(json_object_set_new(object, "environment", list_json(order->environment)) == 0);
	text = json_text(object);
	buf_put_text(to, text);
}

static char **
parse_list(const json_t *array)
{
	size_t count = json_array_size(array);
	char **list = mem_new_array(count + 1, sizeof *list);

	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(array, i));

		list[i] = text_copy(text != NULL ? text : "");
	}
	return list;
}

static void
free_list(char **list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		mem_free(list[i]);
	mem_free(list);
}

void
supervise_order_deinit(struct supervise_order *order)
{
	mem_free(order->token);
	mem_free(order->server);
	free_list(order->command);
	mem_free(order->directory);
	free_list(order->environment);
	mem_free(order->ready_line);
	mem_free(order->group);
	*order = (struct supervise_order){ 0 };
}

static bool
is_complete(const struct supervise_order *order)
{
	if (!run_token_is_valid(order->token) || strlen(order->server) > SERVER_NAME_LIMIT ||
	    strlen(order->ready_line) > READY_LINE_LIMIT ||
	    strlen(order->group) >= RUN_GROUP_LIMIT || order->memory < 0 || order->cpu_millis < 0)
		return false;
	return order->takes_over || (order->command[0] != NULL && order->directory[0] == '/');
}

bool
supervise_order_parse(const void *bytes, size_t length, struct supervise_order *ret_order)
{
	CLEANUP(json_freep) json_t *object = NULL;
	CLEANUP(supervise_order_deinit) struct supervise_order order = { 0 };

	if (length > SUPERVISE_ORDER_LIMIT)
		return false;
	object = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object))
		return false;
	order.takes_over = json_get_bool(object, "takes_over", false);
	order.token = text_copy(json_get_text(object, "token", ""));
	order.server = text_copy(json_get_text(object, "server", ""));
	order.directory = text_copy(json_get_text(object, "directory", ""));
	order.ready_line = text_copy(json_get_text(object, "ready_line", ""));
	order.group = text_copy(json_get_text(object, "group", ""));
	order.pty = json_get_bool(object, "pty", false);
	order.memory = json_get_integer(object, "memory", 0);
	order.cpu_millis = json_get_integer(object, "cpu_millis", 0);
	order.command = parse_list(json_object_get(object, "command"));
	order.environment = parse_list(json_object_get(object, "environment"));
	if (!is_complete(&order))
		return false;
	*ret_order = order;
	order = (struct supervise_order){ 0 };
	return true;
}
