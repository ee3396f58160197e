/* SPDX-License-Identifier: Apache-2.0 */
/* Lines, each once to the file and once to the tail: see the header. */

#include "install/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/files.h"

#define LINE_LIMIT 500 /* bytes of one line that are kept */
#define CUT_SHORT  "(more was printed than is kept)\n"

int
install_log_open(struct install_log *log, int folder)
{
	*log = (struct install_log){ .fd = -1 };
	(void)unlinkat(folder, strchr(INSTALL_LOG_PATH, '/') + 1, 0);
	log->fd = openat(folder, strchr(INSTALL_LOG_PATH, '/') + 1,
			 O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	return log->fd < 0 ? -errno : 0;
}

void
install_log_close(struct install_log *log)
{
	fd_closep(&log->fd);
	buf_deinit(&log->tail);
	buf_deinit(&log->line);
}

static size_t
count_lines(const struct buf *text)
{
	size_t lines = 0;

	for (size_t i = 0; i < text->length; i++)
		lines += text->data[i] == '\n';
	return lines;
}

static void
tail_put(struct buf *tail, const char *line, size_t length)
{
	buf_put(tail, line, length);
	while (count_lines(tail) > TAIL_LINES_LIMIT || tail->length >= TAIL_TEXT_LIMIT) {
		const unsigned char *end = memchr(tail->data, '\n', tail->length);

		buf_drop(tail, (size_t)(end - tail->data) + 1);
	}
}

/* A disk that is full ends the file, not the installation: that finds out by itself. */
static void
file_put(struct install_log *log, const char *line, size_t length)
{
	if (log->fd < 0 || log->full)
		return;
	if (log->written + length + strlen(CUT_SHORT) > INSTALL_LOG_LIMIT) {
		log->full = true;
		line = CUT_SHORT;
		length = strlen(CUT_SHORT);
	}
	log->full = log->full || write(log->fd, line, length) != (ssize_t)length;
	log->written += length;
}

static void
put_line(struct install_log *log, const char *bytes, size_t length)
{
	char line[LINE_LIMIT + 2];
	size_t used;

	text_clean(line, LINE_LIMIT + 1, bytes, length);
	used = strlen(line);
	line[used++] = '\n';
	file_put(log, line, used);
	tail_put(&log->tail, line, used);
}

void
install_log_say(struct install_log *log, const char *format, ...)
{
	char line[LINE_LIMIT + 1];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof line, format, args);
	va_end(args);
	put_line(log, line, strlen(line));
}

void
install_log_output(struct install_log *log, const char *bytes, size_t length)
{
	while (length > 0) {
		const char *end = memchr(bytes, '\n', length);
		size_t part = end != NULL ? (size_t)(end - bytes) : length;
		size_t room = LINE_LIMIT -
			      (log->line.length < LINE_LIMIT ? log->line.length : LINE_LIMIT);

		buf_put(&log->line, bytes, part < room ? part : room);
		if (end == NULL)
			return;
		install_log_output_end(log);
		bytes += part + 1;
		length -= part + 1;
	}
}

void
install_log_output_end(struct install_log *log)
{
	size_t length = log->line.length;

	if (length > 0 && log->line.data[length - 1] == '\r')
		length--;
	if (length > 0)
		put_line(log, (const char *)log->line.data, length);
	buf_clear(&log->line);
}

const char *
install_log_tail(struct install_log *log)
{
	return buf_text(&log->tail);
}
