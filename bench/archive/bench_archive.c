/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-archive make DIRECTORY FILES MEGABYTES - the same world on every machine.
 * bench-archive pack ROOT STORE, restore STORE DIRECTORY - as the daemon does it, by port/archive.h.
 * bench-archive run COMMAND - a shell's command. The last three print seconds, CPU seconds, and of
 * ours the most memory in bytes.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/archive_port.h"
#include "objects/objects_directory.h"
#include "sys/files.h"

#define REGIONS 400
#define SECTOR	4096

static _Noreturn void
fail(const char *what)
{
	(void)fprintf(stderr, "bench-archive: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- the world: region files whose sectors are noise but for one in eight, and JSON ---- */

static uint64_t state = 88172645463325252;

static uint64_t
next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static FILE *
file_new(const char *directory, const char *kind, unsigned number)
{
	char path[4096];
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/%s/%02x", directory, kind, number % 256);
	if (directory_make(path) < 0)
		fail(path);
	(void)snprintf(path, sizeof path, "%s/%s/%02x/%u", directory, kind, number % 256, number);
	file = fopen(path, "w");
	if (file == NULL)
		fail(path);
	return file;
}

static void
make_region(const char *directory, unsigned number, uint64_t sectors)
{
	FILE *file = file_new(directory, "region", number);
	uint64_t sector[SECTOR / 8];

	for (uint64_t i = 0; i < sectors; i++) {
		for (size_t k = 0; k < ELEMENTS(sector); k++)
			sector[k] = i % 8 == 7 ? 0 : next();
		if (fwrite(sector, sizeof sector, 1, file) != 1)
			fail("write");
	}
	if (fclose(file) != 0)
		fail("write");
}

static void
make_json(const char *directory, unsigned number)
{
	FILE *file = file_new(directory, "stats", number);
	unsigned lines = 20 + (unsigned)(next() % 100);

	for (unsigned i = 0; i < lines; i++)
		(void)fprintf(file, "{\"stat\":\"minecraft:mined.block_%u\",\"value\":%u}\n",
			      (unsigned)(next() % 800), (unsigned)(next() % 100000));
	if (fclose(file) != 0)
		fail("write");
}

static int
make_world(const char *directory, unsigned files, uint64_t megabytes)
{
	uint64_t sectors = megabytes * 1048576 / SECTOR / REGIONS;

	for (unsigned i = 0; i < REGIONS; i++)
		make_region(directory, i, sectors / 2 + next() % sectors);
	for (unsigned i = REGIONS; i < files; i++)
		make_json(directory, i);
	return 0;
}

/* ---- ours ---- */

struct work {
	uv_loop_t loop;
	struct archive_port *port;
	struct objects_port *store;
	struct reply reply;
	bool came;
};

static void
on_fact(void *argument, const struct fact *fact)
{
	struct work *w = argument;

	w->reply = fact->as.reply;
	w->came = true;
}

static struct archive_answer *
wait_for(struct work *w)
{
	while (!w->came)
		(void)uv_run(&w->loop, UV_RUN_ONCE);
	w->came = false;
	if (w->reply.result == REPLY_DONE)
		return w->reply.as.archive;
	(void)fprintf(stderr, "bench-archive: %s\n", w->reply.reason);
	exit(1);
}

static double
seconds(void)
{
	return (double)uv_hrtime() / 1e9;
}

static double
cpu_of(int who)
{
	struct rusage usage;

	if (getrusage(who, &usage) < 0)
		fail("getrusage");
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void
tell(double began)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	(void)printf("%.3f %.3f %ld\n", seconds() - began, cpu_of(RUSAGE_SELF),
		     usage.ru_maxrss * 1024);
}

static void
open_work(struct work *w, const char *store)
{
	if (uv_loop_init(&w->loop) < 0)
		fail("loop");
	w->port = archive_port_new(&w->loop, "roost/bench", on_fact, w);
	w->store = objects_directory_new(&w->loop, store, archive_port_on_fact, w->port);
	archive_port_add(w->port, "store", w->store);
}

static void
close_work(struct work *w)
{
	desk_port_free(w->store);
	archive_port_free(w->port);
	(void)uv_run(&w->loop, UV_RUN_DEFAULT);
}

static int
pack(const char *root, const char *store)
{
	struct work w = { .came = false };
	const struct archive_pack order = { .store = "store",
					    .name = "world/1",
					    .root = root,
					    .server = "world",
					    .game = "minecraft-java",
					    .made = { 1795000000000 } };
	double began = seconds();
	struct archive_answer *answer;

	open_work(&w, store);
	w.port->pack(w.port, (struct ticket){ 1 }, &order);
	answer = wait_for(&w);
	w.port->commit(w.port, (struct ticket){ 2 }, "store", "world/1", answer->manifest,
		       answer->manifest_length);
	reply_deinit(&w.reply);
	(void)wait_for(&w);
	reply_deinit(&w.reply);
	tell(began);
	close_work(&w);
	return 0;
}

static int
restore(const char *store, const char *directory)
{
	struct work w = { .came = false };
	double began = seconds();

	open_work(&w, store);
	w.port->unpack(w.port, (struct ticket){ 1 }, "store", "world/1", directory);
	if (!wait_for(&w)->is_there)
		fail("there is no archive");
	reply_deinit(&w.reply);
	tell(began);
	close_work(&w);
	return 0;
}

static int
run(const char *command)
{
	double began = seconds();
	int status = system(command);

	if (status != 0) {
		(void)fprintf(stderr, "bench-archive: failed: %s\n", command);
		return 1;
	}
	(void)printf("%.3f %.3f 0\n", seconds() - began, cpu_of(RUSAGE_CHILDREN));
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "make") == 0)
		return make_world(argv[2], (unsigned)atoi(argv[3]), strtoull(argv[4], NULL, 10));
	if (argc == 4 && strcmp(argv[1], "pack") == 0)
		return pack(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "restore") == 0)
		return restore(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "run") == 0)
		return run(argv[2]);
	(void)fprintf(stderr, "usage: bench-archive make|pack|restore|run ...\n");
	return 2;
}
