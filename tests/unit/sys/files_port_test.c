/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/files.h"
#include "sys/files_port.h"

static const char *const names[] = { "ops.json", "whitelist.json" };

struct place {
	uv_loop_t loop;
	struct files_port *port;
	char directory[64];
	int fd;
	struct reply heard;
	size_t count;
};

static void
on_fact(void *argument, const struct fact *fact)
{
	struct place *place = argument;

	reply_deinit(&place->heard);
	place->heard = fact->as.reply;
	place->count++;
}

static int
begin(void **state)
{
	struct place *place = mem_new(sizeof *place);

	(void)strcpy(place->directory, "/tmp/roost-files-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	place->fd = open(place->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(uv_loop_init(&place->loop), 0);
	place->port = files_port_new(&place->loop, on_fact, place);
	*state = place;
	return 0;
}

static int
end(void **state)
{
	struct place *place = *state;

	files_port_free(place->port);
	(void)uv_run(&place->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&place->loop), 0);
	reply_deinit(&place->heard);
	for (size_t i = 0; i < ELEMENTS(names); i++)
		(void)unlinkat(place->fd, names[i], 0);
	(void)unlinkat(place->fd, "elsewhere", 0);
	(void)close(place->fd);
	assert_int_equal(rmdir(place->directory), 0); /* nothing was left beside them */
	mem_free(place);
	return 0;
}

static void
put(const struct place *place, const char *name, const char *text)
{
	assert_int_equal(file_write(place->fd, name, text, strlen(text), FILE_SURVIVES_PROCESS), 0);
}

static const struct reply *
wait_for_answer(struct place *place)
{
	size_t count = place->count;

	while (place->count == count)
		(void)uv_run(&place->loop, UV_RUN_ONCE);
	return &place->heard;
}

static const struct reply *
ask(struct place *place)
{
	place->port->read(place->port, (struct ticket){ 7 }, place->directory, names,
			  ELEMENTS(names));
	return wait_for_answer(place);
}

/* ops.json, if it is `was`. */
static const struct reply *
change(struct place *place, const char *was, const char *text)
{
	const struct file_text before = { was != NULL, (char *)was, was != NULL ? strlen(was) : 0 };
	const struct file_text none = { .is_there = false };
	const struct files_order order = { .directory = place->directory,
					   .count = 2,
					   .files = { { names[0], text, strlen(text), &before },
						      { names[1], NULL, 0, &none } } };

	place->port->write(place->port, (struct ticket){ 8 }, &order);
	return wait_for_answer(place);
}

static void
what_is_there_is_read_and_what_is_not_is_no_mistake(void **state)
{
	struct place *place = *state;
	const struct reply *reply;

	put(place, "ops.json", "[]");
	reply = ask(place);
	assert_int_equal(reply->ticket.v, 7);
	assert_int_equal(reply->holds, REPLY_FILES);
	assert_true(reply->as.files->is_there && reply->as.files->files[0].is_there);
	assert_string_equal(reply->as.files->files[0].text, "[]");
	assert_false(reply->as.files->files[1].is_there);
	place->port->read(place->port, (struct ticket){ 9 }, "/nowhere/at/all", names, 2);
	reply = wait_for_answer(place);
	assert_int_equal(reply->holds, REPLY_FILES);
	assert_false(reply->as.files->is_there);
}

static void
a_file_is_replaced_only_while_it_is_as_it_was_read(void **state)
{
	struct place *place = *state;
	struct stat is;

	assert_true(change(place, NULL, "[1]")->as.yes);
	assert_int_equal(fstatat(place->fd, "ops.json", &is, 0), 0);
	assert_int_equal(is.st_mode & 07777, 0600);
	assert_int_equal(fchmodat(place->fd, "ops.json", 0664, 0), 0);
	assert_false(change(place, NULL, "[2]")->as.yes);
	assert_false(change(place, "[0]", "[2]")->as.yes);
	assert_string_equal(ask(place)->as.files->files[0].text, "[1]");
	assert_true(change(place, "[1]", "[2]")->as.yes);
	assert_string_equal(ask(place)->as.files->files[0].text, "[2]");
	assert_int_equal(fstatat(place->fd, "ops.json", &is, 0), 0);
	assert_int_equal(is.st_mode & 07777, 0664);
}

static void
a_link_is_neither_read_nor_replaced(void **state)
{
	struct place *place = *state;

	put(place, "elsewhere", "secret");
	assert_int_equal(symlinkat("elsewhere", place->fd, "ops.json"), 0);
	assert_int_equal(ask(place)->result, REPLY_REFUSED);
	assert_non_null(strstr(place->heard.reason, "is a link"));
	assert_int_equal(change(place, "secret", "[]")->result, REPLY_REFUSED);
}

static void
what_is_no_file_or_too_large_is_refused_with_its_name(void **state)
{
	struct place *place = *state;

	assert_int_equal(mkdirat(place->fd, "ops.json", 0700), 0);
	assert_int_equal(ask(place)->result, REPLY_REFUSED);
	assert_non_null(strstr(place->heard.reason, "ops.json"));
	assert_int_equal(unlinkat(place->fd, "ops.json", AT_REMOVEDIR), 0);
	assert_int_equal(mkfifoat(place->fd, "ops.json", 0600), 0);
	assert_int_equal(ask(place)->result, REPLY_REFUSED);
	assert_int_equal(unlinkat(place->fd, "ops.json", 0), 0);
	put(place, "ops.json", "");
	{
		CLEANUP(fd_closep) int fd = openat(place->fd, "ops.json", O_WRONLY | O_CLOEXEC);

		assert_int_equal(ftruncate(fd, GAME_FILE_LIMIT + 1), 0);
	}
	assert_int_equal(ask(place)->result, REPLY_REFUSED);
	assert_non_null(strstr(place->heard.reason, "too large"));
}

static void
a_port_that_goes_while_it_works_tells_nobody(void **state)
{
	struct place *place = *state;

	put(place, "ops.json", "[]");
	place->port->read(place->port, (struct ticket){ 7 }, place->directory, names, 2);
	files_port_free(place->port);
	(void)uv_run(&place->loop, UV_RUN_DEFAULT);
	assert_int_equal(place->count, 0);
	place->port = files_port_new(&place->loop, on_fact, place);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(what_is_there_is_read_and_what_is_not_is_no_mistake),
		IN_PLACE(a_file_is_replaced_only_while_it_is_as_it_was_read),
		IN_PLACE(a_link_is_neither_read_nor_replaced),
		IN_PLACE(what_is_no_file_or_too_large_is_refused_with_its_name),
		IN_PLACE(a_port_that_goes_while_it_works_tells_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
