/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whitelist, operators and bans, in the files and by the words of a vanilla server that
 * asks nobody who players are: a player is the UUID that follows from his name as written.
 * Files are read at the start, the whitelist again on `whitelist reload`; each change is written.
 */

#include "practice/roll.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "base/json.h"
#include "sys/clock.h"
#include "sys/files.h"

#define FILE_LIMIT 1048576
#define FOREVER	   "forever"
#define TIME_FORM  "%Y-%m-%d %H:%M:%S %z"

static const struct {
	const char *file, *key;
} rows[] = {
#define ROLL(name, file, key) [ROLL_##name] = { file, key },
#include "practice/roll.def"
};

void
offline_uuid(const char *name, unsigned char uuid[static 16])
{
	CLEANUP(text_freep) char *text = text_format("OfflinePlayer:%s", name);

	ASSERT(EVP_Digest(text, strlen(text), uuid, NULL, EVP_md5(), NULL) == 1);
	uuid[6] = (unsigned char)((uuid[6] & 0x0f) | 0x30);
	uuid[8] = (unsigned char)((uuid[8] & 0x3f) | 0x80);
}

void
uuid_text(const unsigned char uuid[static 16], char text[static UUID_TEXT_SIZE])
{
	size_t at = 0;

	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[at++] = '-';
		at += (size_t)snprintf(text + at, 3, "%02x", uuid[i]);
	}
}

/* Files. */

void
roll_read(struct rolls *rolls, enum roll which)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;

	json_decref(rolls->lines[which]);
	rolls->lines[which] = NULL;
	if (file_read(AT_FDCWD, rows[which].file, FILE_LIMIT, &content) == 0) {
		rolls->lines[which] =
			json_loadb((const char *)content.data, content.length, 0, NULL);
		if (!json_is_array(rolls->lines[which]))
			practice_warn("Failed to load %s", rows[which].file);
	}
	if (json_is_array(rolls->lines[which]))
		return;
	json_decref(rolls->lines[which]);
	rolls->lines[which] = json_array();
}

void
rolls_read(struct rolls *rolls)
{
	CLEANUP(buf_deinit) struct buf properties = BUF_NULL;

	for (size_t i = 0; i < ROLL_MAX; i++)
		roll_read(rolls, (enum roll)i);
	if (file_read(AT_FDCWD, "server.properties", FILE_LIMIT, &properties) == 0)
		rolls->is_whitelist_on = strstr(buf_text(&properties), "white-list=true") != NULL;
}

void
rolls_deinit(struct rolls *rolls)
{
	for (size_t i = 0; i < ROLL_MAX; i++)
		json_decref(rolls->lines[i]);
}

static void
roll_write(const struct rolls *rolls, enum roll which)
{
	CLEANUP(text_freep) char *text = json_dumps(rolls->lines[which], JSON_INDENT(2));
	const char *file = rows[which].file;

	if (file_write(AT_FDCWD, file, text, strlen(text), FILE_SURVIVES_PROCESS) != 0)
		practice_warn("Failed to save %s", file);
}

/* Lines. */

static bool
has_expired(const json_t *line)
{
	const char *expires = json_get_text(line, "expires", FOREVER);
	struct tm at = { 0 };
	long offset;

	if (strcmp(expires, FOREVER) == 0 || strptime(expires, TIME_FORM, &at) == NULL)
		return false;
	offset = at.tm_gmtoff;
	return ((int64_t)timegm(&at) - offset) * 1000 <= sys_now().ms;
}

const json_t *
roll_find(const struct rolls *rolls, enum roll which, const char *whom)
{
	const json_t *line;
	size_t i;

	json_array_foreach(rolls->lines[which], i, line)
	{
		if (strcasecmp(json_get_text(line, rows[which].key, ""), whom) == 0 &&
		    !has_expired(line))
			return line;
	}
	return NULL;
}

bool
roll_remove(struct rolls *rolls, enum roll which, const char *whom)
{
	const json_t *found = roll_find(rolls, which, whom);

	if (found == NULL)
		return false;
	for (size_t i = json_array_size(rolls->lines[which]); i-- > 0;) {
		if (json_array_get(rolls->lines[which], i) == found)
			(void)json_array_remove(rolls->lines[which], i);
	}
	roll_write(rolls, which);
	return true;
}

static void
put_ban(json_t *line, const char *by, const char *reason)
{
	char created[40];
	time_t now = (time_t)(sys_now().ms / 1000);
	struct tm local = { 0 };

	(void)localtime_r(&now, &local);
	(void)strftime(created, sizeof created, TIME_FORM, &local);
	json_set_text(line, "created", created);
	json_set_text(line, "source", by);
	json_set_text(line, "expires", FOREVER);
	json_set_text(line, "reason", reason);
}

bool
roll_add(struct rolls *rolls, enum roll which, const struct roll_line *told)
{
	json_t *line;

	if (roll_find(rolls, which, told->whom) != NULL)
		return false;
	line = json_object();
	json_set_text(line, rows[which].key, told->whom);
	if (which != ROLL_IP_BANS)
		json_set_text(line, "name", told->name);
	if (which == ROLL_OPS) {
		json_set_integer(line, "level", 4);
		json_set_bool(line, "bypassesPlayerLimit", false);
	}
	if (which == ROLL_BANS || which == ROLL_IP_BANS)
		put_ban(line, told->by, told->reason);
	ASSERT(json_array_append_new(rolls->lines[which], line) == 0);
	roll_write(rolls, which);
	return true;
}

static void
put_refusal(const json_t *ban, const char *what, char *text, size_t size)
{
	(void)snprintf(text, size, "%s banned from this server.\nReason: %s", what,
		       json_get_text(ban, "reason", "Banned by an operator."));
}

bool
rolls_refuse(const struct rolls *rolls, const char *uuid, const char *ip, char *text, size_t size)
{
	const json_t *ban = roll_find(rolls, ROLL_BANS, uuid);

	if (ban != NULL) {
		put_refusal(ban, "You are", text, size);
		return true;
	}
	if (rolls->is_whitelist_on && roll_find(rolls, ROLL_WHITELIST, uuid) == NULL &&
	    roll_find(rolls, ROLL_OPS, uuid) == NULL) {
		(void)text_put(text, size, "You are not white-listed on this server!");
		return true;
	}
	ban = roll_find(rolls, ROLL_IP_BANS, ip);
	if (ban == NULL)
		return false;
	put_refusal(ban, "Your IP address is", text, size);
	return true;
}
