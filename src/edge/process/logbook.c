/* SPDX-License-Identifier: Apache-2.0 */
/* The output file and its turning: see the header. */

#include "process/logbook.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "process/rundir.h"
#include "sys/files.h"

static void
logbook_open(struct logbook *book)
{
	struct stat found;

	book->fd = openat(book->folder, RUNDIR_OUTPUT,
			  O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	book->length = book->fd >= 0 && fstat(book->fd, &found) == 0 ? found.st_size : 0;
}

void
logbook_init(struct logbook *book, int folder)
{
	book->folder = folder;
	logbook_open(book);
}

void
logbook_deinit(struct logbook *book)
{
	fd_closep(&book->fd);
}

void
logbook_write(struct logbook *book, const char *bytes, size_t length)
{
	if (book->length > 0 && book->length + (int64_t)length > OUTPUT_FILE_LIMIT) {
		fd_closep(&book->fd);
		(void)renameat(book->folder, RUNDIR_OUTPUT, book->folder, RUNDIR_OUTPUT ".1");
		logbook_open(book);
	}
	while (book->fd >= 0 && length > 0) {
		ssize_t wrote = write(book->fd, bytes, length);

		if (wrote <= 0)
			return;
		bytes += wrote;
		length -= (size_t)wrote;
		book->length += wrote;
	}
}
