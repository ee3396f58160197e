/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences of backups and restores. */

#include "cli/sentence_inner.h"

#include <string.h>

static bool
is_policy(const json_t *data)
{
	return strcmp(text_of(data, "by"), "policy") == 0 ||
	       strcmp(text_of(data, "by"), "schedule") == 0 ||
	       strcmp(text_of(data, "by"), "retention") == 0;
}

static void
put_person(struct buf *b, const json_t *data)
{
	if (!is_policy(data))
		put_by(b, data);
}

static void
put_bytes(struct buf *b, const json_t *data)
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB" };
	double size = (double)json_get_integer(data, "bytes", 0);
	size_t unit = 0;

	while (size >= 1000 && unit + 1 < ELEMENTS(units)) {
		size /= 1000;
		unit++;
	}
	buf_format(b, unit == 0 ? " (%.0f %s)" : " (%.1f %s)", size, units[unit]);
}

void
say_backup_started(struct buf *b, const char *subject, const json_t *data)
{
	buf_put_text(b, "a backup of ");
	put_clean(b, subject);
	buf_put_text(b, strcmp(text_of(data, "kind"), "sleep") == 0
				? " is being made before it sleeps"
				: " is being made");
	put_person(b, data);
}

void
say_backup_finished(struct buf *b, const char *subject, const json_t *data)
{
	int missed = (int)json_get_integer(data, "missed", 0);

	buf_put_text(b, "the backup of ");
	put_clean(b, subject);
	buf_put_text(b, " is stored and was read back whole");
	put_bytes(b, data);
	if (missed > 0)
		buf_format(b, "; %d thing%s of the world could not be put into it", missed,
			   missed == 1 ? "" : "s");
}

void
say_backup_cancelled(struct buf *b, const char *subject, const json_t *data)
{
	buf_put_text(b, "the backup of ");
	put_clean(b, subject);
	buf_put_text(b, " was given up");
	put_because(b, data, "reason");
}

void
say_backup_failed(struct buf *b, const char *subject, const json_t *data)
{
	if (json_get_bool(data, "released", false)) {
		put_clean(b, subject);
		buf_put_text(b, " goes to sleep WITHOUT a backup");
	} else if (json_get_bool(data, "retrying", false)) {
		put_clean(b, subject);
		buf_put_text(b, " cannot sleep yet, for its backup fails and is tried again");
	} else {
		buf_put_text(b, "a backup of ");
		put_clean(b, subject);
		buf_put_text(b, " failed");
	}
	put_because(b, data, "reason");
}

void
say_backup_checked(struct buf *b, const char *subject, const json_t *data)
{
	buf_put_text(b, "a backup of ");
	put_clean(b, subject);
	buf_put_text(b, " was checked and is whole");
	put_person(b, data);
}

void
say_backup_removed(struct buf *b, const char *subject, const json_t *data)
{
	buf_put_text(b, "a backup of ");
	put_clean(b, subject);
	buf_put_text(b,
		     is_policy(data) ? " goes, for there are enough newer ones" : " was removed");
	put_person(b, data);
}

static void
put_origin(struct buf *b, const char *subject, const json_t *data)
{
	if (*text_of(data, "from") == '\0' || strcmp(text_of(data, "from"), subject) == 0)
		return;
	buf_put_text(b, " of ");
	put_clean(b, text_of(data, "from"));
}

void
say_restore_started(struct buf *b, const char *subject, const json_t *data)
{
	put_clean(b, subject);
	buf_put_text(b, " is being restored from a backup");
	put_origin(b, subject, data);
	put_by(b, data);
}

void
say_restore_finished(struct buf *b, const char *subject, const json_t *data)
{
	put_clean(b, subject);
	buf_put_text(b, " has the world of a backup");
	put_origin(b, subject, data);
	buf_put_text(b, "; its old one is kept aside until it has run well");
}

void
say_restore_failed(struct buf *b, const char *subject, const json_t *data)
{
	put_clean(b, subject);
	buf_put_text(b, json_get_bool(data, "retrying", false)
				? " is still being restored, and that does not come to an end"
				: " could not be restored and is as it was");
	put_because(b, data, "reason");
}
