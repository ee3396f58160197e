/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_BACKUPS_SCENE_H
#define SERVICE_BACKUPS_SCENE_H

/* A server, survival, with the backups of a plane, over a shelf of archives in memory. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "service/backups.h"
#include "shelf.h"

struct scene {
	struct fixture world;
	struct shelf shelf;
	struct backups *backups;
};

static inline void
born(struct scene *s)
{
	s->backups = backups_new(s->world.plane);
	backups_load(s->backups);
	plane_attend(s->world.plane);
	fixture_run(&s->world, DURATION_S(1));
}

static inline void
declare_as(struct scene *s, const char *name, unsigned port, const char *more)
{
	CLEANUP(text_freep)
	char *json = text_format("{\"name\":\"%s\",\"game\":\"minecraft-java\","
				 "\"address\":\"127.0.0.1:%u\","
				 "\"local\":{\"command\":\"java\",\"directory\":\"/srv/%s\"}%s}",
				 name, port, name, more);

	fixture_declare(&s->world, json);
	fixture_run(&s->world, DURATION_MS(10));
}

static inline void
start(struct scene *s, const char *more)
{
	memset(s, 0, sizeof *s);
	s->world.boot = DURATION_S(2);
	shelf_init(&s->shelf, &s->world);
	fixture_start(&s->world);
	born(s);
	declare_as(s, "survival", 25570, more);
}

static inline void
restart(struct scene *s)
{
	s->shelf.waiting = (struct ticket){ 0 }; /* who packed is dead too */
	fixture_restart(&s->world);
	backups_free(s->backups);
	born(s);
}

static inline void
end(struct scene *s)
{
	fixture_stop(&s->world);
	backups_free(s->backups);
}

static inline void
note_line(struct scene *s, const char *line)
{
	struct fact fact = { .kind = FACT_CONSOLE_LINE, .server = "survival" };

	fact.as.process.line = text_copy(line);
	fixture_note(&s->world, &fact);
	fixture_run(&s->world, DURATION_S(1));
}

static inline enum state
state(struct scene *s)
{
	return fixture_server(&s->world, "survival")->status.state;
}

static inline void
wake(struct scene *s)
{
	fixture_wish(&s->world, "survival", WANT_UP);
	fixture_run(&s->world, DURATION_S(10));
	assert_int_equal(state(s), STATE_READY);
}

static inline void
put_to_sleep(struct scene *s)
{
	fixture_wish(&s->world, "survival", WANT_DOWN);
	fixture_run(&s->world, DURATION_S(10));
}

static inline const struct backup *
make(struct scene *s)
{
	struct backups_wish wish = { .server = "survival", .by = "ada" };
	char id[ID_TEXT_SIZE];

	assert_int_equal(backups_make(s->backups, BACKUP_DEMAND, &wish, id), BACKUPS_DONE);
	fixture_run(&s->world, DURATION_S(1));
	return backups_find(s->backups, "survival", id);
}

static inline enum backups_result
restore(struct scene *s, const struct backup *backup, const char *to)
{
	struct backups_wish wish = { .server = "survival", .id = backup->id, .by = "ada" };
	enum backups_result result = backups_restore(s->backups, &wish, to);

	fixture_run(&s->world, DURATION_S(1));
	return result;
}

#define SLEEPS_BACKED ",\"policy\":{\"backup\":\"before_sleep\",\"backup_within\":\"1h\"}"

#endif
