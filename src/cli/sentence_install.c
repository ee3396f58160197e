/* SPDX-License-Identifier: Apache-2.0 */
/* What became of installations, as sentences. */

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
