/* SPDX-License-Identifier: Apache-2.0 */
/* A declared server: would its command start, where, and with which Java? */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/doctor.h"

#define JAVA_WAIT_MS 5000

extern char **environ;

/* "PATH" of the server's own environment, or of ours. */
static const char *
search_path(const struct server_spec *spec)
{
	const char *path = getenv("PATH");

	for (size_t i = 0; spec->local.environment != NULL && spec->local.environment[i] != NULL;
	     i++) {
		if (text_starts_with(spec->local.environment[i], "PATH="))
			path = spec->local.environment[i] + 5;
	}
	return path != NULL && *path != '\0' ? path : "/usr/local/bin:/usr/bin:/bin";
}

static bool
is_program(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 && S_ISREG(about.st_mode) && access(path, X_OK) == 0;
}

/* Where the command lies; NULL when it is not found. The caller frees. */
static char *
find_program(const struct server_spec *spec)
{
	const char *name = spec->local.command[0], *path = search_path(spec);

	if (strchr(name, '/') != NULL) {
		char *whole = *name == '/' ? text_copy(name)
					   : text_format("%s/%s", spec->local.directory, name);

		if (is_program(whole))
			return whole;
		mem_free(whole);
		return NULL;
	}
	while (*path != '\0') {
		size_t length = strcspn(path, ":");
		char *whole = text_format("%.*s/%s", (int)length, path, name);

		if (is_program(whole))
			return whole;
		mem_free(whole);
		path += length + (path[length] == ':');
	}
	return NULL;
}

/* What a program writes to its standard error within JAVA_WAIT_MS. */
static void
read_output(int fd, struct buf *to)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	while (to->length < 4096 && poll(&wait, 1, JAVA_WAIT_MS) == 1) {
		ssize_t got;

		buf_reserve(to, 4096);
		got = read(fd, to->data + to->length, 4096);
		if (got <= 0)
			break;
		to->length += (size_t)got;
	}
}

static unsigned
ask_java(const char *program)
{
	char *const arguments[] = { (char *)(uintptr_t)program, (char *)(uintptr_t) "-version",
				    NULL };
	CLEANUP(buf_deinit) struct buf output = BUF_NULL;
	posix_spawn_file_actions_t actions;
	int ends[2], status;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return 0;
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	(void)posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	status = posix_spawn(&child, program, &actions, NULL, arguments, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(ends[1]);
	if (status == 0) {
		read_output(ends[0], &output);
		(void)kill(child, SIGKILL);
		(void)waitpid(child, &status, 0);
	}
	(void)close(ends[0]);
	return java_version(buf_text(&output));
}

/* `openjdk version "17.0.9" ...`, and `1.8.0_392` for what is called 8. */
unsigned
java_version(const char *text)
{
	const char *quote = strstr(text, "version \"");
	unsigned major = 0, minor = 0;

	if (quote == NULL || sscanf(quote + 9, "%u.%u", &major, &minor) < 1)
		return 0;
	return major == 1 ? minor : major;
}

const char *
java_meaning(unsigned version)
{
	static const struct {
		unsigned from;
		const char *means;
	} rows[] = {
		{ 25, "runs every Minecraft from 1.20.5 on; Minecraft 26.1 and newer need it" },
		{ 21,
		  "runs Minecraft 1.20.5 to 1.21 and most of 1.17 and newer; 26.1 needs Java 25" },
		{ 17, "runs Minecraft 1.17 to 1.20.4; 1.20.5 and newer need Java 21" },
		{ 16,
		  "runs Minecraft 1.17; 1.18 and newer need Java 17, 1.20.5 and newer Java 21" },
		{ 8,
		  "runs Minecraft up to 1.16.5; 1.17 needs Java 16, 1.18 Java 17, 1.20.5 Java 21" },
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		if (version >= rows[i].from)
			return rows[i].means;
	}
	return "is too old for any Minecraft of today";
}

int64_t
java_heap(char *const *command)
{
	static const char units[] = "kmgt";
	int64_t heap = 0;

	for (; *command != NULL; command++) {
		char *end;
		unsigned long long number;
		const char *unit;
		unsigned shift;

		if (!text_starts_with(*command, "-Xmx") || (*command)[4] < '0' ||
		    (*command)[4] > '9')
			continue;
		number = strtoull(*command + 4, &end, 10);
		unit = *end != '\0' ? strchr(units, *end | 0x20) : NULL;
		shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
		heap = number <= (unsigned long long)INT64_MAX >> shift ? (int64_t)(number << shift)
									: INT64_MAX;
	}
	return heap;
}

bool
java_heap_fits(int64_t heap, int64_t limit)
{
	return limit <= 0 || heap <= limit - limit / 5;
}

/* A heap as large as the limit is used up one day, and then the kernel ends the game. */
static void
check_heap(struct doctor *d, const struct server_spec *spec)
{
	int64_t heap = java_heap(spec->local.command);

	if (!java_heap_fits(heap, spec->local.memory))
		found_wrong(
			d, spec->name,
			"give Java a smaller -Xmx, four fifths of local.memory at most, or "
			"raise local.memory",
			"Java may use %lld MiB for its heap alone, and local.memory is %lld MiB",
			(long long)(heap >> 20), (long long)(spec->local.memory >> 20));
}

static void
check_java(struct doctor *d, const struct server_spec *spec, const char *program)
{
	const char *slash = strrchr(spec->local.command[0], '/');
	unsigned version;

	if (strcmp(slash != NULL ? slash + 1 : spec->local.command[0], "java") != 0)
		return;
	version = ask_java(program);
	if (version == 0)
		found_wrong(d, spec->name,
			    "reinstall Java, e.g. apt install openjdk-17-jre-headless",
			    "%.200s does not tell its version", program);
	else if (version < 8)
		found_wrong(d, spec->name, "install a newer one", "Java %u %s", version,
			    java_meaning(version));
	else
		found_right(d, spec->name, "Java %u %s", version, java_meaning(version));
}

static void
check_directory(struct doctor *d, const struct server_spec *spec)
{
	struct stat about;

	if (stat(spec->local.directory, &about) != 0)
		found_wrong(d, spec->name, "make it and put the game's files there",
			    "its directory %.250s: %s", spec->local.directory, strerror(errno));
	else if (!S_ISDIR(about.st_mode))
		found_wrong(d, spec->name, "name a directory as local.directory",
			    "%.250s is not a directory", spec->local.directory);
	else if (access(spec->local.directory, R_OK | W_OK | X_OK) != 0)
		found_wrong(d, spec->name, "chown it to the user that runs roost",
			    "its directory %.250s cannot be written", spec->local.directory);
	else
		found_right(d, spec->name, "directory %.250s", spec->local.directory);
}

void
check_server(struct doctor *d, const struct server_spec *spec)
{
	CLEANUP(text_freep) char *program = find_program(spec);

	check_directory(d, spec);
	if (program == NULL) {
		found_wrong(d, spec->name, "install it, or write its whole path",
			    "the program %.200s is not found, or may not be run",
			    spec->local.command[0]);
		return;
	}
	found_right(d, spec->name, "command %.250s", program);
	if (spec->icon != NULL && access(spec->icon, R_OK) != 0)
		found_wrong(d, spec->name, "put a 64x64 PNG there, or drop `icon`",
			    "its icon %.250s: %s", spec->icon, strerror(errno));
	check_java(d, spec, program);
	check_heap(d, spec);
}
