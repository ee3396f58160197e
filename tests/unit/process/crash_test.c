/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever is killed, and whenever: one game, found again, and stopped when wanted. */
#include "place.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/crowd.h"
#include "sys/chance.h"
#include "sys/files.h"

#define ROUNDS 40
#define START  "echo started >> starts; exec sleep 1000"

static char *program;

/* `PROGRAM roost DATA TOKEN`: a roost that makes sure of a game until it is killed. */
static _Noreturn void
be_roost(const char *data, const char *token)
{
	struct place place = { .lines = text_copy("") };

	(void)text_put(place.data, sizeof place.data, data);
	place.command[0] = (char *)"sh";
	place.command[1] = (char *)"-c";
	place.local.command = place.command;
	place.local.directory = place.data;
	place.local.environment = place.environment;
	place.order.server = "testing";
	place.order.local = &place.local;
	place_open_port(&place);
	for (;;)
		place_ensure(&place, token, START);
}

/* SIGKILL for every child of a process: a roost's supervisors. */
static void
kill_children(pid_t parent)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	struct proc_stat stat;

	while ((entry = readdir(folder)) != NULL) {
		long pid = strtol(entry->d_name, NULL, 10);

		if (pid > 0 && process_look((pid_t)pid, &stat) && stat.parent == parent)
			(void)kill((pid_t)pid, SIGKILL);
	}
	(void)closedir(folder);
}

static void
run_roost_for(const char *data, const char *token, unsigned microseconds, bool with_supervisors)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)execl("/proc/self/exe", program, "roost", data, token, NULL);
		_exit(1);
	}
	(void)usleep(microseconds);
	if (with_supervisors) {
		assert_int_equal(kill(pid, SIGSTOP), 0);
		kill_children(pid);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Every start of a game in this place leaves a line. */
static size_t
count_starts(struct place *place)
{
	CLEANUP(text_freep) char *path = text_format("%s/starts", place->data);
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	size_t lines = 0;

	(void)!file_read(AT_FDCWD, path, 1 << 20, &content);
	for (size_t i = 0; i < content.length; i++)
		lines += content.data[i] == '\n';
	return lines;
}

static void
wait_starts(struct place *place, size_t count)
{
	for (int i = 0; i < 10000 && count_starts(place) < count; i++)
		(void)usleep(1000);
	assert_int_equal(count_starts(place), count);
}

/* One run that begins under fire; `round` others have been started here before. */
static void
survive_round(struct place *place, size_t round, bool with_supervisors)
{
	uint64_t start_time;
	uint16_t random;
	char token[40];
	int64_t pid;

	(void)snprintf(token, sizeof token, "%s-%zu", place->token, round);
	for (int kills = 0; kills < 2; kills++) {
		sys_chance()->fill(sys_chance(), &random, sizeof random);
		run_roost_for(place->data, token, random % 25000u, with_supervisors);
	}
	place_ensure(place, token, START);
	assert_int_equal(place->reply.result, REPLY_DONE);
	assert_int_equal(place->reply.as.process->is, PROCESS_RUNNING);
	pid = place->reply.as.process->pid;
	start_time = place->reply.as.process->start_time;
	assert_true(pid_lives(pid));
	wait_starts(place, round + 1);

	place_close_port(place);
	place_open_port(place);
	place_find(place, token);
	assert_int_equal(place->reply.as.process->pid, pid);
	assert_int_equal(place->reply.as.process->start_time, start_time);
	place_signal(place, token, SIGKILL);
	place_wait_gone(place, token);
	place_forget(place, token);
	assert_int_equal(place->reply.result, REPLY_DONE);
	assert_int_equal(place_count_marked(token), 0);
	assert_int_equal(count_starts(place), round + 1);
}

static void
roost_killed_at_any_moment_leaves_one_game_that_is_found_again(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	for (size_t round = 0; round < ROUNDS; round++)
		survive_round(place, round, false);
	place_free(place);
}

static void
all_of_roost_killed_at_any_moment_leaves_one_game_too(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	for (size_t round = 0; round < ROUNDS; round++)
		survive_round(place, round, true);
	place_free(place);
}

static void
a_killed_supervisor_is_replaced_and_the_console_goes_on(void **unused)
{
	struct place *place = place_new();
	uint64_t start_time;
	int64_t pid;

	(void)unused;
	place_ensure(place, place->token,
		     "while read -r line; do echo \"heard <$line>\"; done; echo eof");
	pid = place->reply.as.process->pid;
	start_time = place->reply.as.process->start_time;
	place_say(place, place->token, "first");
	place_wait_line(place, "heard <first>\n");

	assert_int_equal(kill((pid_t)place_supervisor(place, place->token), SIGKILL), 0);
	place_find(place, place->token);
	assert_int_equal(place->reply.as.process->is, PROCESS_RUNNING);
	assert_int_equal(place->reply.as.process->pid, pid);
	assert_int_equal(place->reply.as.process->start_time, start_time);
	do /* what was said to the dead one may be lost; it was not confirmed */
		place_say(place, place->token, "second");
	while (place->reply.result == REPLY_UNKNOWN);
	assert_int_equal(place->reply.result, REPLY_DONE);
	place_wait_line(place, "heard <second>\n");
	assert_null(strstr(place->lines, "eof"));
	assert_int_equal(place->ended, 0);

	place_signal(place, place->token, SIGTERM);
	place_wait_ended(place, 1);
	place_find(place, place->token);
	assert_int_equal(place->reply.as.process->is, PROCESS_GONE);
	assert_int_equal(place->reply.as.process->exit_status, -1); /* nobody heard how */
	place_free(place);
}

static void
a_supervisor_killed_while_roost_is_away_is_replaced_too(void **unused)
{
	struct place *place = place_new();
	int64_t pid, supervisor;

	(void)unused;
	place_ensure(place, place->token,
		     "(setsid sleep 1000 &); while read -r x; do echo \"<$x>\"; done");
	pid = place->reply.as.process->pid;
	supervisor = place_supervisor(place, place->token);
	place_close_port(place);
	assert_int_equal(kill((pid_t)supervisor, SIGKILL), 0);
	while (pid_lives(supervisor))
		(void)usleep(1000);
	assert_true(pid_lives(pid));
	place_open_port(place);
	place_find(place, place->token);
	assert_int_equal(place->reply.as.process->pid, pid);
	place_say(place, place->token, "still here");
	place_wait_line(place, "<still here>\n");
	assert_int_equal(place_count_marked(place->token), 2);
	place_signal(place, place->token, SIGKILL);
	place_wait_ended(place, 1);
	assert_int_equal(place_count_marked(place->token),
			 0); /* by its mark: it was no child any more */
	place_free(place);
}

static void
a_game_and_its_supervisor_killed_together_are_known_to_have_ended(void **unused)
{
	struct place *place = place_new();
	int64_t pid, supervisor;

	(void)unused;
	place_ensure(place, place->token, "sleep 1000");
	pid = place->reply.as.process->pid;
	supervisor = place_supervisor(place, place->token);
	assert_int_equal(kill((pid_t)supervisor, SIGKILL), 0);
	assert_int_equal(kill((pid_t)-pid, SIGKILL), 0);
	place_wait_ended(place, 1);
	place_find(place, place->token);
	assert_int_equal(place->reply.as.process->is, PROCESS_GONE);
	assert_int_equal(place_count_marked(place->token), 0);
	place_free(place);
}

static void
a_game_with_a_terminal_does_not_outlive_its_supervisor_unnoticed(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	place->local.pty = true;
	place_ensure(place, place->token, "trap '' HUP; echo up; while :; do sleep 0.1; done");
	place_wait_line(place, "up\n");
	assert_int_equal(kill((pid_t)place_supervisor(place, place->token), SIGKILL), 0);
	place_find(place, place->token);
	assert_int_equal(place->reply.as.process->is, PROCESS_RUNNING);
	do
		place_say(place, place->token, "hello");
	while (place->reply.result == REPLY_UNKNOWN);
	assert_int_equal(place->reply.result, REPLY_REFUSED);
	assert_non_null(strstr(place->reply.reason, "no console"));
	place_signal(place, place->token, SIGKILL);
	place_wait_ended(place, 1);
	place_free(place);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roost_killed_at_any_moment_leaves_one_game_that_is_found_again),
		cmocka_unit_test(all_of_roost_killed_at_any_moment_leaves_one_game_too),
		cmocka_unit_test(a_killed_supervisor_is_replaced_and_the_console_goes_on),
		cmocka_unit_test(a_supervisor_killed_while_roost_is_away_is_replaced_too),
		cmocka_unit_test(a_game_and_its_supervisor_killed_together_are_known_to_have_ended),
		cmocka_unit_test(a_game_with_a_terminal_does_not_outlive_its_supervisor_unnoticed),
	};
	int status;

	program = argv[0];
	if (place_is_supervisor(argc, argv, &status))
		return status;
	if (argc == 4 && text_equal(argv[1], "roost"))
		be_roost(argv[2], argv[3]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
