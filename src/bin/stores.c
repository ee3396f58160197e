/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stores of the configuration: opened for the daemon, or one of them tried for
 * `roost doctor`. A secret is read here, given to the store, and wiped.
 */

#include "stores.h"

#include <stdio.h>
#include <string.h>

#include "archive/archive_port.h"
#include "fetch/fetch_port.h"
#include "model/store.h"
#include "objects/objects_directory.h"
#include "objects/objects_s3.h"
#include "parts.h"
#include "sys/chance.h"
#include "sys/files.h"
#include "sys/secret_file.h"

#define SECRET_LIMIT 4096

/* How it is opened: what both callers differ in. */
struct opening {
	uv_loop_t *loop;
	struct fetch_options fetch;
	struct duration within;
	unsigned tries; /* 0 = as many as a backup makes */
	courier_deliver *deliver;
	void *argument;
};

static bool
secret_get(const char *text, const char *file, const char *what, char **ret_secret, char *why)
{
	if (file != NULL)
		return secret_file_read(file, what, SECRET_LIMIT, ret_secret, why,
					REASON_LIMIT + 1);
	*ret_secret = text_copy(text);
	return true;
}

static struct objects_port *
open_s3(const struct opening *o, const struct store_spec *store, char *why)
{
	CLEANUP(text_freep) char *endpoint = store_endpoint(store);
	char *secret = NULL, *token = NULL;
	struct s3_options options = { .endpoint = endpoint,
				      .bucket = store->s3.bucket,
				      .region = store->s3.region,
				      .prefix = store->s3.prefix,
				      .in_host = store->s3.style == STORE_IN_HOST,
				      .key = store->s3.key,
				      .fetch = o->fetch,
				      .within = o->within,
				      .tries = o->tries };
	struct objects_port *port = NULL;

	if (secret_get(store->s3.secret, store->s3.secret_file, "the S3 secret", &secret, why) &&
	    secret_get(store->s3.token, store->s3.token_file, "the S3 token", &token, why)) {
		options.secret = secret;
		options.token = token;
		port = objects_s3_new(o->loop, &options, o->deliver, o->argument);
	}
	secret_free(secret);
	secret_free(token);
	return port;
}

/* A directory that is not there yet is made, but none above it: they may be on another disk. */
static struct objects_port *
open_store_of(const struct opening *o, const struct store_spec *store, char *why)
{
	if (store->directory == NULL)
		return open_s3(o, store, why);
	(void)!directory_make_one(store->directory);
	return objects_directory_new(o->loop, store->directory, o->deliver, o->argument);
}

/* The one that is always there. */
static struct store_spec
local_store(const char *data)
{
	return (struct store_spec){ .name = STORE_LOCAL,
				    .directory = text_format("%s/backups", data) };
}

static bool
open_one(struct daemon *d, const struct opening *o, const struct store_spec *store)
{
	char why[REASON_LIMIT + 1];
	struct objects_port *port = open_store_of(o, store, why);

	if (port == NULL) {
		say("store '%s': %s", store->name, why);
		return false;
	}
	d->stores[d->store_count++] = port;
	archive_port_add(d->archive, store->name, port);
	if (store->directory != NULL)
		guard_add_store(archive_port_guard(d->archive), store->directory);
	return true;
}

bool
stores_open(struct daemon *d)
{
	struct opening o = { .loop = &d->loop, .deliver = archive_port_on_fact };
	struct store_spec local = local_store(d->data);
	bool is_declared = false, fine = true;

	_Static_assert(ELEMENTS(d->stores) > CONFIG_STORES_LIMIT, "room for each, and local");
	configuration_to_fetch(d, &o.fetch);
	d->archive = archive_port_new(&d->loop, "roost/" ROOST_VERSION, on_fact, d);
	guard_add_home(archive_port_guard(d->archive), d->data);
	o.argument = d->archive;
	for (size_t i = 0; i < d->config->store_count && fine; i++) {
		fine = open_one(d, &o, &d->config->stores[i]);
		is_declared |= strcmp(d->config->stores[i].name, STORE_LOCAL) == 0;
	}
	if (fine && !is_declared)
		fine = open_one(d, &o, &local);
	mem_free(local.directory);
	return fine;
}

void
stores_close(struct daemon *d)
{
	for (size_t i = 0; i < d->store_count; i++)
		desk_port_free(d->stores[i]);
	d->store_count = 0;
	archive_port_free(TAKE(d->archive));
}

/* ---- trying one: put, read back, remove ---- */

struct trial {
	uv_loop_t loop;
	struct objects_port *port;
	struct reply reply;
	bool came;
};

static void
on_trial_fact(void *argument, const struct fact *fact)
{
	struct trial *t = argument;

	t->reply = fact->as.reply;
	t->came = true;
}

/* False with why when it was not done as asked. */
static bool
trial_wait(struct trial *t, struct store_trial *told)
{
	bool fine;

	while (!t->came)
		(void)uv_run(&t->loop, UV_RUN_ONCE);
	t->came = false;
	fine = t->reply.result == REPLY_DONE && t->reply.as.object->is == OBJECT_IS_DONE;
	if (!fine)
		(void)text_put(told->why, sizeof told->why,
			       t->reply.result == REPLY_DONE ? "what was put is not there"
							     : t->reply.reason);
	reply_deinit(&t->reply);
	return fine;
}

static bool
trial_run(struct trial *t, struct store_trial *told)
{
	static const char content[] = "roost doctor was here";
	unsigned char chance[8];
	char key[48] = "roost-doctor/";
	struct object_bytes source;
	struct object_memory memory;
	struct object_put put = { .key = key, .source = &source.source, .only_new = true };
	struct object_get get = { .key = key, .reader = &memory.reader };
	bool fine;

	sys_chance()->fill(sys_chance(), chance, sizeof chance);
	for (size_t i = 0; i < sizeof chance; i++)
		(void)snprintf(key + 13 + 2 * i, 3, "%02x", chance[i]);
	object_bytes_init(&source, content, sizeof content);
	object_memory_init(&memory, sizeof content);
	t->port->put(t->port, (struct ticket){ 1 }, &put);
	fine = trial_wait(t, told);
	if (fine) {
		t->port->get(t->port, (struct ticket){ 2 }, &get);
		fine = trial_wait(t, told);
	}
	if (fine && (memory.content.length != sizeof content ||
		     memcmp(memory.content.data, content, sizeof content) != 0)) {
		(void)text_put(told->why, sizeof told->why,
			       "what is read back is not what was put");
		fine = false;
	}
	object_memory_deinit(&memory);
	t->port->remove(t->port, (struct ticket){ 3 }, key);
	return trial_wait(t, told) && fine;
}

void
store_try(const struct config *config, const struct store_spec *store, struct store_trial *ret_told)
{
	struct trial t = { .port = NULL };
	const struct opening o = { .loop = &t.loop,
				   .fetch = { .user_agent = "roost/" ROOST_VERSION,
					      .ca_file = config->outbound.ca_file },
				   .within = DURATION_S(10),
				   .tries = 2,
				   .deliver = on_trial_fact,
				   .argument = &t };
	struct duration ahead;

	*ret_told = (struct store_trial){ .works = false };
	ASSERT(uv_loop_init(&t.loop) == 0);
	t.port = open_store_of(&o, store, ret_told->why);
	if (t.port != NULL) {
		ret_told->works = trial_run(&t, ret_told);
		ret_told->told_time = store->directory == NULL && objects_s3_skew(t.port, &ahead);
		ret_told->ahead_s = ret_told->told_time ? ahead.ms / 1000 : 0;
	}
	desk_port_free(t.port);
	(void)uv_run(&t.loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&t.loop);
}
