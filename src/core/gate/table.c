/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's table: made once, read by many threads, freed by the last. */

#include "gate/table.h"

struct gate_table *
gate_table_new(size_t server_count)
{
	struct gate_table *table = mem_new(sizeof *table);

	table->references = 1;
	table->server_count = server_count;
	table->servers = mem_new_array(server_count, sizeof *table->servers);
	return table;
}

struct gate_table *
gate_table_ref(struct gate_table *table)
{
	__atomic_add_fetch(&table->references, 1, __ATOMIC_RELAXED);
	return table;
}

static void
server_deinit(struct gate_server *server)
{
	texts_free(server->hosts);
	mem_free(server->listen);
	gate_roster_unref(server->roster);
	mem_free(server->motd);
	mem_free(server->last_motd);
	mem_free(server->favicon);
	mem_free(server->status_json);
}

void
gate_table_unref(struct gate_table *table)
{
	if (table == NULL || __atomic_sub_fetch(&table->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (size_t i = 0; i < table->server_count; i++)
		server_deinit(&table->servers[i]);
	mem_free(table->servers);
	mem_free(table->routes);
	mem_free(table->proxy_from);
	mem_free(table->unknown_host);
	mem_free(table);
}
