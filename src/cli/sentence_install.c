/* SPDX-License-Identifier: Apache-2.0 */
/* What became of installations, as sentences. */

#include "cli/sentence.h"
#include "cli/sentence_inner.h"

void
say_install_started(struct buf *b, const char *subject, const json_t *data)
{
	put_clean(b, subject);
	buf_put_text(b, " is being installed");
	put_by(b, data);
}

void
say_install_finished(struct buf *b, const char *subject, const json_t *data)
{
	put_clean(b, subject);
	buf_put_text(b, " is installed");
	put_because(b, data, "note");
}

void
say_install_failed(struct buf *b, const char *subject, const json_t *data)
{
	put_clean(b, subject);
	buf_put_text(b, " could not be installed");
	put_because(b, data, "reason");
}

static void
put_size(struct buf *b, int64_t bytes)
{
	if (bytes < 1048576)
		buf_format(b, "%lld kB", (long long)(bytes / 1024));
	else
		buf_format(b, "%.1f MB", (double)bytes / 1048576);
}

void
put_install_progress(struct buf *b, const json_t *progress, bool with_bytes)
{
	int64_t bytes = json_get_integer(progress, "bytes", 0);
	int64_t expected = json_get_integer(progress, "bytes_expected", 0);

	buf_format(b, "%lld/%lld ", (long long)json_get_integer(progress, "step", 0),
		   (long long)json_get_integer(progress, "steps", 0));
	put_clean(b, json_get_text(progress, "title", ""));
	if (!with_bytes || bytes == 0)
		return;
	buf_put_text(b, ": ");
	put_size(b, bytes);
	if (expected > 0) {
		buf_put_text(b, " of ");
		put_size(b, expected);
	}
}
