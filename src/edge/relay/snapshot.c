/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table and, beside each of its servers, what the threads share about it. A
 * server keeps its shared part from table to table for as long as it is declared
 * or anybody is connected to it.
 */

#include "gate/route.h"
#include "relay/thread.h"

void
shared_unref(struct shared_server *server)
{
	if (server != NULL && __atomic_sub_fetch(&server->references, 1, __ATOMIC_ACQ_REL) == 0)
		mem_free(server);
}

static struct shared_server *
shared_ref(struct shared_server *server)
{
	(void)__atomic_add_fetch(&server->references, 1, __ATOMIC_RELAXED);
	return server;
}

static struct shared_server *
find(struct relay *relay, const char *name, size_t likely)
{
	/* Tables mostly differ in states only, so the place of the last time is tried first. */
	if (likely < relay->server_count && text_equal(relay->servers[likely]->name, name))
		return relay->servers[likely];
	for (size_t i = 0; i < relay->server_count; i++) {
		if (text_equal(relay->servers[i]->name, name))
			return relay->servers[i];
	}
	return NULL;
}

static struct shared_server *
shared_new(const char *name)
{
	struct shared_server *server = mem_new(sizeof *server);

	server->references = 1;
	(void)text_put(server->name, sizeof server->name, name);
	return server;
}

/* The relay's list of the newest table's servers, each with one reference. */
static void
remember(struct relay *relay, const struct snapshot *snapshot)
{
	struct shared_server **servers =
		mem_new_array(snapshot->table->server_count + 1, sizeof *servers);

	for (size_t i = 0; i < snapshot->table->server_count; i++)
		servers[i] = shared_ref(snapshot->servers[i]);
	for (size_t i = 0; i < relay->server_count; i++)
		shared_unref(relay->servers[i]);
	mem_free(relay->servers);
	relay->servers = servers;
	relay->server_count = snapshot->table->server_count;
}

struct snapshot *
snapshot_new(struct relay *relay, struct gate_table *table)
{
	struct snapshot *snapshot = mem_new(sizeof *snapshot);

	route_prepare(table);
	snapshot->references = 1;
	snapshot->table = table;
	snapshot->servers = mem_new_array(table->server_count + 1, sizeof *snapshot->servers);
	for (size_t i = 0; i < table->server_count; i++) {
		const char *name = table->servers[i].name;
		struct shared_server *known = find(relay, name, i);

		snapshot->servers[i] = known == NULL ? shared_new(name) : shared_ref(known);
	}
	remember(relay, snapshot);
	return snapshot;
}

struct snapshot *
snapshot_ref(struct snapshot *snapshot)
{
	(void)__atomic_add_fetch(&snapshot->references, 1, __ATOMIC_RELAXED);
	return snapshot;
}

void
snapshot_unref(struct snapshot *snapshot)
{
	if (snapshot == NULL || __atomic_sub_fetch(&snapshot->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (size_t i = 0; i < snapshot->table->server_count; i++)
		shared_unref(snapshot->servers[i]);
	mem_free(snapshot->servers);
	gate_table_unref(snapshot->table);
	mem_free(snapshot);
}
