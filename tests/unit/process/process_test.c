/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/groups.h"
#include "sys/files.h"

static void
assert_running(struct place *place)
{
	assert_int_equal(place->reply.result, REPLY_DONE);
	assert_int_equal(place->reply.holds, REPLY_PROCESS);
	assert_int_equal(place->reply.as.process->is, PROCESS_RUNNING);
}

static void
assert_refused(struct place *place, const char *part)
{
	assert_int_equal(place->reply.result, REPLY_REFUSED);
	if (strstr(place->reply.reason, part) == NULL)
		fail_msg("'%s' does not hold '%s'", place->reply.reason, part);
}

static void
a_game_starts_where_and_with_what_was_declared(void **unused)
{
	struct place *place = place_new();
	CLEANUP(text_freep)
	char *told = text_format("mode=survival home=/nowhere server=testing run=%s password=\n",
				 place->token);

	(void)unused;
	(void)setenv("ROOST_ADMIN_PASSWORD", "hidden", 1);
	place->environment[0] = (char *)"MODE=survival";
	place->environment[1] = (char *)"HOME=/nowhere";
	place_ensure(place, place->token,
		     "pwd; echo mode=$MODE home=$HOME server=$ROOST_SERVER run=$ROOST_RUN "
		     "password=$ROOST_ADMIN_PASSWORD; ls /proc/self/fd | tr '\\n' ' '; echo; exec "
		     "sleep 1000");
	assert_running(place);
	assert_true(pid_lives(place->reply.as.process->pid));
	assert_true(place->reply.as.process->start_time > 0);
	place_wait_line(place, place->data);
	place_wait_line(place, told);
	place_wait_line(place, "\n0 1 2 3 \n"); /* 3 is ls looking at itself */
	(void)unsetenv("ROOST_ADMIN_PASSWORD");
	place_free(place);
}

static void
what_it_says_is_told_kept_and_remembered(void **unused)
{
	struct place *place = place_new();
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	CLEANUP(text_freep) char *path = text_format("%s/run/%s/output", place->data, place->token);
	struct stat found;

	(void)unused;
	place_ensure(place, place->token,
		     "printf '\\033[32mgreen\\033[0m and \\tplain\\r\\n'; echo err >&2; cat");
	place_wait_line(place, "green and  plain\nerr\n");
	place_find(place, place->token);
	assert_string_equal(place->reply.as.process->tail, "green and  plain\nerr");
	assert_int_equal(file_read(AT_FDCWD, path, 1000, &content), 0);
	assert_string_equal(buf_text(&content), "\033[32mgreen\033[0m and \tplain\r\nerr\n");
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
	place_free(place);
}

static void
a_line_said_is_a_line_read(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	place_ensure(place, place->token, "while read -r line; do echo \"heard <$line>\"; done");
	place_say(place, place->token, "say hello   there");
	assert_int_equal(place->reply.result, REPLY_DONE);
	place_wait_line(place, "heard <say hello   there>\n");
	place_say(place, place->token, "two\nlines");
	assert_refused(place, "control characters");
	place_say(place, "nobody", "hello");
	assert_refused(place, "no such game");
	place_free(place);
}

static void
a_game_that_does_not_read_refuses_lines_instead_of_losing_them(void **unused)
{
	struct place *place = place_new();
	char line[1000];
	int said = 0;

	(void)unused;
	memset(line, 'x', sizeof line - 1);
	line[sizeof line - 1] = '\0';
	place_ensure(place, place->token, "read go; sleep 1000");
	for (int i = 0; i < 200; i++) {
		place_say(place, place->token, line);
		if (place->reply.result != REPLY_DONE)
			break;
		said++;
	}
	assert_in_range(said, 30, 100); /* a pipe holds 64 KiB */
	assert_refused(place, "not reading");
	place_free(place);
}

static void
how_it_ended_is_known_until_it_is_forgotten(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	place_ensure(place, place->token, "echo bye; exit 7");
	place_wait_ended(place, 1);
	place_find(place, place->token);
	assert_int_equal(place->reply.as.process->is, PROCESS_GONE);
	assert_int_equal(place->reply.as.process->exit_status, 7);
	assert_int_equal(place->reply.as.process->exit_signal, 0);
	assert_string_equal(place->reply.as.process->tail, "bye");

	/* Asking again never starts it again, here or after a restart of roost. */
	place_ensure(place, place->token, NULL);
	assert_int_equal(place->reply.as.process->is, PROCESS_GONE);
	place_close_port(place);
	place->ended = 0;
	place_open_port(place);
	place_ensure(place, place->token, NULL);
	assert_int_equal(place->reply.as.process->is, PROCESS_GONE);
	assert_int_equal(place->reply.as.process->exit_status, 7);
	assert_int_equal(place->ended, 1); /* news to this roost */

	place_list(place);
	assert_true(text_starts_with(place->reply.as.text, place->token));
	assert_int_equal(strlen(place->reply.as.text), strlen(place->token) + 1);
	place_forget(place, place->token);
	assert_int_equal(place->reply.result, REPLY_DONE);
	place_find(place, place->token);
	assert_int_equal(place->reply.as.process->is, PROCESS_NONE);
	place_list(place);
	assert_string_equal(place->reply.as.text, "");
	place_forget(place, place->token);
	assert_int_equal(place->reply.result, REPLY_DONE);
	place_free(place);
}

static void
a_signal_reaches_the_whole_group(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	place_ensure(place, place->token,
		     "sleep 1000 & trap 'echo asked; wait; exit 3' TERM; echo up; wait");
	place_wait_line(place, "up\n");
	place_forget(place, place->token);
	assert_refused(place, "still runs");
	place_signal(place, place->token, SIGTERM);
	place_wait_ended(place, 1);
	place_find(place, place->token);
	assert_int_equal(place->reply.as.process->exit_status, 3);
	assert_int_equal(place_count_marked(place->token), 0);
	place_signal(place, place->token, SIGTERM);
	assert_refused(place, "has ended");
	place_free(place);
}

static void
what_escaped_the_group_is_killed_too(void **unused)
{
	struct place *place = place_new();
	CLEANUP(text_freep) char *path = text_format("%s/pid", place->data);
	CLEANUP(buf_deinit) struct buf unmarked = BUF_NULL;

	(void)unused;
	place_ensure(place, place->token,
		     "setsid sh -c 'setsid sleep 1000 & setsid sleep 1000 & exit' & "
		     "(setsid env -i /bin/sh -c 'echo $$ > pid; exec sleep 1000' &); "
		     "sleep 0.3; echo up; sleep 1000");
	place_wait_line(place, "up\n");
	assert_in_range(place_count_marked(place->token), 3, 4);
	assert_int_equal(file_read(AT_FDCWD, path, 20, &unmarked), 0);
	assert_true(pid_lives(atoi(buf_text(&unmarked))));
	place_signal(place, place->token, SIGKILL);
	place_wait_ended(place, 1);
	assert_int_equal(place_count_marked(place->token), 0);
	assert_false(pid_lives(atoi(buf_text(&unmarked))));
	place_find(place, place->token);
	assert_int_equal(place->reply.as.process->exit_signal, SIGKILL);
	place_free(place);
}

/* A wrapper that dies at SIGTERM while the game behind it still saves. */
static void
a_run_lasts_as_long_as_anything_of_it_runs(void **unused)
{
	struct place *place = place_new();
	CLEANUP(text_freep) char *saved = text_format("%s/saved", place->data);

	(void)unused;
	place_ensure(place, place->token,
		     "sh -c 'trap \"sleep 1; echo done > saved; exit 0\" TERM; echo up; "
		     "while :; do sleep 0.1; done' & wait");
	place_wait_line(place, "up\n");
	place_signal(place, place->token, SIGTERM);
	place_wait_ended(place, 1);
	assert_int_equal(access(saved, F_OK), 0);
	place_find(place, place->token);
	assert_int_equal(place->reply.as.process->exit_signal, SIGTERM);
	place_free(place);
}

static void
a_port_that_a_stranger_has_is_refused_and_starts_nothing(void **unused)
{
	struct place *place = place_new();
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t length = sizeof to;
	struct endpoint address = { .host = "127.0.0.1" };
	int stranger = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)unused;
	assert_int_equal(bind(stranger, (struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(listen(stranger, 1), 0);
	assert_int_equal(getsockname(stranger, (struct sockaddr *)&to, &length), 0);
	address.port = ntohs(to.sin_port);
	place->order.address = &address;
	place_ensure(place, place->token, "exec sleep 1000");
	assert_refused(place, "another program already listens at 127.0.0.1:");
	place_find(place, place->token);
	assert_int_equal(place->reply.as.process->is, PROCESS_NONE);

	assert_int_equal(close(stranger), 0);
	place_ensure(place, place->token, "exec sleep 1000");
	assert_running(place);
	place_free(place);
}

static void
what_cannot_be_started_is_refused_by_name(void **unused)
{
	struct place *place = place_new();
	CLEANUP(text_freep) char *script = text_format("%s/script", place->data);
	char *missing = (char *)"/no/such/place";

	(void)unused;
	place->command[1] = NULL;
	place->command[0] = (char *)"no-such-program";
	place_ensure(place, place->token, NULL);
	assert_refused(place, "cannot start 'no-such-program': no such program on PATH");
	place->command[0] = (char *)"./no-such-file";
	place_ensure(place, place->token, NULL);
	assert_refused(place, "./no-such-file");
	place->command[0] = (char *)"/etc/passwd";
	place_ensure(place, place->token, NULL);
	assert_refused(place, "'/etc/passwd': not executable");

	assert_int_equal(
		file_write(AT_FDCWD, script, "#!/no/interpreter\n", 18, FILE_SURVIVES_PROCESS), 0);
	assert_int_equal(chmod(script, 0755), 0);
	place->command[0] = (char *)"./script";
	place_ensure(place, place->token, NULL);
	assert_refused(place, "interpreter");

	place->local.directory = missing;
	place->command[0] = (char *)"sh";
	place_ensure(place, place->token, NULL);
	assert_refused(place, "'/no/such/place'");
	place->local.directory = place->data;

	/* Nothing is left of all that, and a right order is carried out. */
	place_find(place, place->token);
	assert_int_equal(place->reply.as.process->is, PROCESS_NONE);
	place->command[1] = (char *)"-c";
	place_ensure(place, place->token, "sleep 1000");
	assert_running(place);
	place_free(place);
}

static void
asking_twice_starts_one(void **unused)
{
	struct place *place = place_new();
	int64_t pid;

	(void)unused;
	place->order.token = place->token;
	place->command[2] = (char *)"exec sleep 1000";
	for (int i = 0; i < 10; i++) { /* without waiting for an answer */
		place->inside = true;
		place->port->ensure(place->port, (struct ticket){ ++place->tickets },
				    &place->order);
		place->inside = false;
	}
	place_ensure(place, place->token, NULL);
	assert_running(place);
	pid = place->reply.as.process->pid;
	place_ensure(place, place->token, NULL);
	assert_int_equal(place->reply.as.process->pid, pid);
	assert_int_equal(place_count_marked(place->token), 1);
	place_free(place);
}

static void
a_restart_of_roost_finds_the_game_and_its_console(void **unused)
{
	struct place *place = place_new();
	uint64_t start_time;
	int64_t pid;

	(void)unused;
	place->order.ready_line = "Done (";
	place_ensure(place, place->token,
		     "echo 'Done (1.5s)!'; while read -r line; do echo \"heard <$line>\"; done");
	pid = place->reply.as.process->pid;
	start_time = place->reply.as.process->start_time;
	place_wait_ready(place, 1);
	place_close_port(place);
	place_open_port(place);
	place_wait_ready(place, 2); /* told to the new roost as well */
	place_find(place, place->token);
	assert_running(place);
	assert_int_equal(place->reply.as.process->pid, pid);
	assert_int_equal(place->reply.as.process->start_time, start_time);
	assert_true(place->reply.as.process->ready_line_seen);
	place_say(place, place->token, "again");
	place_wait_line(place, "heard <again>\n");
	place_free(place);
}

/* Numbers are the supervisor's, so the same lines have the same ones for every roost. */
static void
what_was_said_while_roost_was_away_is_told_when_it_comes_back(void **unused)
{
	struct place *place = place_new();
	CLEANUP(text_freep) char *go = text_format("%s/go", place->data);
	int64_t first;
	int fd;

	(void)unused;
	place_ensure(
		place, place->token,
		"printf '\\033[31mone\\033[0m\\033]0;title\\007\\n'; while [ ! -e go ]; do sleep "
		"0.05; "
		"done; echo two; echo done > go; while read -r line; do echo \"<$line>\"; done");
	place_wait_line(place, "one\n");
	assert_string_equal(place->styled, "\033[31mone\033[m");
	assert_int_equal(place->past, 0);
	first = place->at;
	place_close_port(place);
	fd = open(go, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	for (struct stat found = { 0 }; found.st_size == 0; (void)poll(NULL, 0, 10))
		assert_int_equal(fstat(fd, &found), 0);
	(void)close(fd);
	place_open_port(place);
	place_wait_line(place, "one\none\ntwo\n");
	assert_int_equal(place->past, 2);
	assert_true(place->at > first);
	first = place->at;
	place_say(place, place->token, "again");
	place_wait_line(place, "one\none\ntwo\n<again>\n");
	assert_int_equal(place->past, 2);
	assert_true(place->at > first);
	place_free(place);
}

static void
an_end_while_roost_was_away_is_told_when_it_comes_back(void **unused)
{
	struct place *place = place_new();
	int64_t pid;

	(void)unused;
	place_ensure(place, place->token, "read line; exit 5");
	pid = place->reply.as.process->pid;
	place_say(place, place->token, "go");
	place_close_port(place);
	while (pid_lives(pid))
		(void)usleep(1000);
	place->ended = 0;
	place_open_port(place);
	place_wait_ended(place, 1);
	place_find(place, place->token);
	assert_int_equal(place->reply.as.process->is, PROCESS_GONE);
	assert_int_equal(place->reply.as.process->exit_status, 5);
	place_free(place);
}

static void
put_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* Is it in any file that roost or the supervisor has written for the run? */
static bool
is_written(const struct place *place, const char *secret)
{
	CLEANUP(text_freep)
	char *command = text_format("grep -rqs %s %s/run", secret, place->data);

	return system(command) == 0;
}

static void
a_secret_of_a_file_is_in_the_games_environment_and_nowhere_else(void **unused)
{
	struct place *place = place_new();
	CLEANUP(text_freep) char *path = text_format("%s/secret", place->data);
	CLEANUP(text_freep) char *file = text_format("PASSWORD=%s", path);
	char *files[] = { file, NULL };

	(void)unused;
	put_file(path, "hush-hush\n", 0600);
	place->local.environment_files = files;
	place_ensure(place, place->token, "test \"$PASSWORD\" = hush-hush && echo knows it; cat");
	assert_running(place);
	place_wait_line(place, "knows it");
	assert_false(is_written(place, "hush-hush"));
	assert_null(strstr(place->lines, "hush-hush"));
	place_signal(place, place->token, SIGKILL);
	place_wait_ended(place, 1);
	assert_false(is_written(place, "hush-hush"));
	place_free(place);
}

static void
a_secret_that_cannot_be_had_refuses_the_start_and_nothing_else(void **unused)
{
	struct place *place = place_new();
	CLEANUP(text_freep) char *path = text_format("%s/secret", place->data);
	CLEANUP(text_freep) char *file = text_format("PASSWORD=%s", path);
	char *files[] = { file, NULL };

	(void)unused;
	place->local.environment_files = files;
	place_ensure(place, place->token, "cat");
	assert_int_equal(place->reply.result, REPLY_REFUSED);
	assert_non_null(strstr(place->reply.reason, path));
	put_file(path, "hush-hush\n", 0644);
	place_ensure(place, place->token, "cat");
	assert_int_equal(place->reply.result, REPLY_REFUSED);
	assert_non_null(strstr(place->reply.reason, "chmod 600"));
	assert_null(strstr(place->reply.reason, "hush-hush"));
	put_file(path, "two\nlines\n", 0600);
	place_ensure(place, place->token, "cat");
	assert_int_equal(place->reply.result, REPLY_REFUSED);
	put_file(path, "hush-hush\n", 0600);
	place_ensure(place, place->token, "echo here; cat");
	assert_running(place);
	place_wait_line(place, "here");
	/* One that runs is asked how it is, whatever became of the file. */
	assert_int_equal(unlink(path), 0);
	place_close_port(place);
	place_open_port(place);
	place_ensure(place, place->token, "cat");
	assert_running(place);
	place_signal(place, place->token, SIGKILL);
	place_wait_ended(place, 1);
	place_free(place);
}

static void
a_prompt_without_a_newline_can_be_the_ready_line(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	place->order.ready_line = "ready>";
	place_ensure(place, place->token, "printf 'server ready> '; cat");
	place_wait_ready(place, 1);
	place_free(place);
}

static void
a_terminal_is_a_terminal(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	place->local.pty = true;
	place_ensure(place, place->token,
		     "test -t 0 && test -t 1 && tty; read -r line; echo \"heard <$line>\"; cat");
	assert_running(place);
	place_wait_line(place, "/dev/pts/");
	place_say(place, place->token, "hello");
	place_wait_line(place, "heard <hello>\n");
	assert_null(strstr(place->lines, "\nhello\n")); /* not echoed */
	place_signal(place, place->token, SIGKILL);
	place_wait_ended(place, 1);
	place_free(place);
}

static void
its_output_file_is_turned_and_bounded(void **unused)
{
	struct place *place = place_new();
	CLEANUP(text_freep) char *now = text_format("%s/run/%s/output", place->data, place->token);
	CLEANUP(text_freep)
	char *before = text_format("%s/run/%s/output.1", place->data, place->token);
	struct stat found;

	(void)unused;
	place_ensure(place, place->token,
		     "head -c 20000000 /dev/zero | tr '\\0' 'x' | fold -w 1000; echo; echo end");
	place_wait_ended(place, 1);
	assert_int_equal(stat(now, &found), 0);
	assert_in_range(found.st_size, 1, OUTPUT_FILE_LIMIT);
	assert_int_equal(stat(before, &found), 0);
	assert_in_range(found.st_size, OUTPUT_FILE_LIMIT / 2, OUTPUT_FILE_LIMIT);
	place_find(place, place->token);
	assert_true(text_ends_with(place->reply.as.process->tail, "\nend"));
	place_free(place);
}

static void
its_memory_and_processor_time_are_measured(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	place_ensure(place, place->token, "(while :; do :; done) & echo up; wait");
	place_wait_line(place, "up\n");
	(void)usleep(800000);
	place_find(place, place->token);
	assert_in_range(place->reply.as.process->memory_bytes, 100000, 100000000);
	assert_in_range(place->reply.as.process->cpu_millis, 50, 4000);
	place_free(place);
}

static void
a_memory_limit_is_kept(void **unused)
{
	struct place *place;
	bool kept;
	const char *note = process_limits_note(&kept);

	(void)unused;
	if (!kept) {
		print_message("skipped: %s\n", note);
		skip();
	}
	place = place_new();
	place->local.memory = 32 << 20;
	place_ensure(place, place->token, "x=x; while :; do x=$x$x; done");
	assert_running(place);
	place_wait_ended(place, 1);
	place_find(place, place->token);
	assert_true(place->reply.as.process->killed_for_memory);
	place_free(place);
}

/* Two loops that would take two cores, if there are two, are held to a fifth of one. */
static void
a_processor_limit_is_kept(void **unused)
{
	struct place *place;
	bool kept;
	const char *note = process_limits_note(&kept);

	(void)unused;
	if (!kept) {
		print_message("skipped: %s\n", note);
		skip();
	}
	place = place_new();
	place->local.cpu_millis = 200;
	place_ensure(place, place->token, "while :; do :; done & while :; do :; done");
	assert_running(place);
	(void)usleep(1000000);
	place_find(place, place->token); /* what is measured is since the last question */
	(void)usleep(2000000);
	place_find(place, place->token);
	assert_in_range(place->reply.as.process->cpu_millis, 1, 400);
	place_free(place);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_game_starts_where_and_with_what_was_declared),
		cmocka_unit_test(what_it_says_is_told_kept_and_remembered),
		cmocka_unit_test(a_line_said_is_a_line_read),
		cmocka_unit_test(a_game_that_does_not_read_refuses_lines_instead_of_losing_them),
		cmocka_unit_test(how_it_ended_is_known_until_it_is_forgotten),
		cmocka_unit_test(a_signal_reaches_the_whole_group),
		cmocka_unit_test(what_escaped_the_group_is_killed_too),
		cmocka_unit_test(a_run_lasts_as_long_as_anything_of_it_runs),
		cmocka_unit_test(a_port_that_a_stranger_has_is_refused_and_starts_nothing),
		cmocka_unit_test(what_cannot_be_started_is_refused_by_name),
		cmocka_unit_test(asking_twice_starts_one),
		cmocka_unit_test(a_restart_of_roost_finds_the_game_and_its_console),
		cmocka_unit_test(what_was_said_while_roost_was_away_is_told_when_it_comes_back),
		cmocka_unit_test(an_end_while_roost_was_away_is_told_when_it_comes_back),
		cmocka_unit_test(a_secret_of_a_file_is_in_the_games_environment_and_nowhere_else),
		cmocka_unit_test(a_secret_that_cannot_be_had_refuses_the_start_and_nothing_else),
		cmocka_unit_test(a_prompt_without_a_newline_can_be_the_ready_line),
		cmocka_unit_test(a_terminal_is_a_terminal),
		cmocka_unit_test(its_output_file_is_turned_and_bounded),
		cmocka_unit_test(its_memory_and_processor_time_are_measured),
		cmocka_unit_test(a_memory_limit_is_kept),
		cmocka_unit_test(a_processor_limit_is_kept),
	};
	int status;

	if (place_is_supervisor(argc, argv, &status))
		return status;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
