/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roost backup get: a backup's archive into a file. It is there whole or not at all, also when
 * we are killed: it comes beside its name, and gets it once its digest is the backup's.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/limits.h"
#include "cli/backup.h"
#include "sys/files.h"

struct getting {
	int fd;
	int64_t bytes;
	int error;
	char sha256[DIGEST_TEXT_SIZE]; /* as the daemon has it on record */
	crypto_hash_sha256_state digest;
};

static bool
on_bytes(void *argument, const char *bytes, size_t length)
{
	struct getting *g = argument;

	(void)crypto_hash_sha256_update(&g->digest, (const unsigned char *)bytes, length);
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

/* Which bytes are to come. */
static int
ask_digest(struct client *client, const char *server, const char *id, struct getting *g)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = backup_path(server, id, "");
	int status = client_ask(client, "GET", path, NULL, &answer);

	if (status == EXIT_DONE)
		(void)text_put(g->sha256, sizeof g->sha256,
			       json_get_text(answer.json, "sha256", ""));
	return status;
}

/* What came is what was kept. */
static bool
is_right(struct getting *g)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	char text[2 * sizeof hash + 1];

	(void)crypto_hash_sha256_final(&g->digest, hash);
	(void)sodium_bin2hex(text, sizeof text, hash, sizeof hash);
	return g->sha256[0] == '\0' || strcmp(text, g->sha256) == 0;
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
	if (end == STREAM_ENDED && answer.status == 200 && is_right(g))
		return EXIT_DONE;
	if (end == STREAM_ENDED && answer.status == 200)
		return refused("what came is not the backup (its SHA-256 differs); try again, and "
			       "check it with: roost backup check");
	return refused("%s", answer.problem[0] != '\0' ? answer.problem
						       : "the archive did not come to its end");
}

/* Its name, which nothing else has. */
static int
name_it(const char *part, const char *file)
{
	if (renameat2(AT_FDCWD, part, AT_FDCWD, file, RENAME_NOREPLACE) == 0)
		return EXIT_DONE;
	if (errno == EINVAL && access(file, F_OK) < 0 && rename(part, file) == 0)
		return EXIT_DONE;
	return refused("cannot make %.200s: %s", file, strerror(errno));
}

static int
get_file(struct client *client, const char *path, const char *file, struct getting *g)
{
	CLEANUP(text_freep) char *part = text_format("%s.part", file);
	char size[VOLUME_TEXT_SIZE];
	int status;

	if (access(file, F_OK) == 0)
		return refused("%.200s is there already; remove it, or name another with --output",
			       file);
	g->fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (g->fd < 0)
		return refused("cannot make %.200s: %s", part, strerror(errno));
	status = get_into(client, path, part, g);
	if (status == EXIT_DONE && fsync(g->fd) < 0)
		status = refused("cannot write %.200s: %s", part, strerror(errno));
	fd_closep(&g->fd);
	if (status == EXIT_DONE)
		status = name_it(part, file);
	if (status != EXIT_DONE) {
		(void)unlink(part);
		return status;
	}
	volume_text(g->bytes, size);
	(void)printf("%s (%s)\n", file, size);
	return EXIT_DONE;
}

int
backup_get(struct client *client, const char *server, const char *id, const char *to)
{
	CLEANUP(text_freep) char *path = backup_path(server, id, "/archive");
	CLEANUP(text_freep)
	char *file = to != NULL ? text_copy(to) : text_format("%s-%s.tar.zst", server, id);
	struct getting g = { .fd = STDOUT_FILENO };
	int status = ask_digest(client, server, id, &g);

	(void)crypto_hash_sha256_init(&g.digest);
	if (status != EXIT_DONE)
		return status;
	return strcmp(file, "-") == 0 ? get_into(client, path, "the output", &g)
				      : get_file(client, path, file, &g);
}
