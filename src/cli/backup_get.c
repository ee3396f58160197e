/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roost backup get: a backup's archive into a file. It is there whole or not at all: the
 * daemon tells its length before its first byte, and what ends early is removed.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/backup.h"
#include "sys/files.h"

struct getting {
	int fd;
	int64_t bytes;
	int error;
};

static bool
on_bytes(void *argument, const char *bytes, size_t length)
{
	struct getting *g = argument;

	while (length > 0) {
		ssize_t wrote = write(g->fd, bytes, length);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0) {
			g->error = errno;
			return false;
		}
		bytes += wrote;
		length -= (size_t)wrote;
		g->bytes += wrote;
	}
	return true;
}

static bool
on_second(void *argument)
{
	const struct getting *g = argument;
	char done[VOLUME_TEXT_SIZE];

	volume_text(g->bytes, done);
	if (terminal_is_tty(STDERR_FILENO))
		(void)fprintf(stderr, "\r\033[K%s", done);
	return true;
}

/* Into what is open. */
static int
get_into(struct client *client, const char *path, const char *to, struct getting *g)
{
	const struct stream_reader reader = { .on_bytes = on_bytes,
					      .on_second = on_second,
					      .argument = g };
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	enum stream_end end = client_stream(client, path, "", &reader, &answer);

	if (terminal_is_tty(STDERR_FILENO))
		(void)fputs("\r\033[K", stderr);
	if (g->error != 0)
		return refused("cannot write %.200s: %s", to, strerror(g->error));
	if (end == STREAM_ENDED && answer.status == 200)
		return EXIT_DONE;
	return refused("%s", answer.problem[0] != '\0' ? answer.problem
						       : "the archive did not come to its end");
}

int
backup_get(struct client *client, const char *server, const char *id, const char *to)
{
	CLEANUP(text_freep) char *path = backup_path(server, id, "/archive");
	CLEANUP(text_freep)
	char *file = to != NULL ? text_copy(to) : text_format("%s-%s.tar.zst", server, id);
	struct getting g = { .fd = STDOUT_FILENO };
	char size[VOLUME_TEXT_SIZE];
	int status;

	if (strcmp(file, "-") == 0)
		return get_into(client, path, "the output", &g);
	g.fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (g.fd < 0)
		return refused("cannot make %.200s: %s", file, strerror(errno));
	status = get_into(client, path, file, &g);
	if (status == EXIT_DONE && fsync(g.fd) < 0)
		status = refused("cannot write %.200s: %s", file, strerror(errno));
	fd_closep(&g.fd);
	if (status != EXIT_DONE) {
		(void)unlink(file);
		return status;
	}
	volume_text(g.bytes, size);
	(void)printf("%s (%s)\n", file, size);
	return EXIT_DONE;
}
