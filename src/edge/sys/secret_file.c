/* SPDX-License-Identifier: Apache-2.0 */
/* Files with secrets in them: see the header. */

#include "sys/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/files.h"

/* 0 or -errno; -EPERM when others may read it. */
static int
open_checked(const char *path, int *ret_fd)
{
	/* Not to wait for a writer, should it be a pipe. */
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat is;

	if (fd < 0 || fstat(fd, &is) < 0)
		return -errno;
	if (!S_ISREG(is.st_mode))
		return -EINVAL;
	if ((is.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return -EPERM;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static char *
line_of(const struct buf *content, size_t limit)
{
	size_t length = content->length;

	while (length > 0 &&
	       (content->data[length - 1] == '\n' || content->data[length - 1] == '\r'))
		length--;
	if (length == 0 || length > limit || memchr(content->data, '\0', length) != NULL)
		return NULL;
	return text_copy_n((const char *)content->data, length);
}

bool
secret_file_read(const char *path, const char *what, size_t limit, char **ret_secret, char *why,
		 size_t size)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	CLEANUP(fd_closep) int fd = -1;
	int r = open_checked(path, &fd);

	if (r == -EPERM) {
		(void)snprintf(why, size, "others than its owner may read %s in '%s'; chmod 600 it",
			       what, path);
		return false;
	}
	if (r == 0)
		r = fd_read(fd, limit + 2, &content);
	if (r < 0) {
		file_explain(r, "read", path, why, size);
		return false;
	}
	*ret_secret = line_of(&content, limit);
	if (content.length > 0)
		sodium_memzero(content.data, content.length);
	if (*ret_secret == NULL)
		(void)snprintf(why, size, "'%s' does not hold %s: one line is expected", path,
			       what);
	return *ret_secret != NULL;
}

void
secret_free(char *secret)
{
	if (secret != NULL)
		sodium_memzero(secret, strlen(secret));
	mem_free(secret);
}
