/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a Bedrock server's pong: see the header. */

#include "wire/raknet/motd.h"

#include <string.h>

#include "wire/raknet/unconnected.h"

#define LINE_TOLD_LIMIT \
	180 /* bytes of one line: of semicolons alone, both and the rest fit a pong */
#define COUNT_BOUND 1000000000

/* One field, unescaped, up to its semicolon; false when there is none left. */
static bool
field_take(const char **text, size_t *length, char *to, size_t size)
{
	size_t i = 0, put = 0;

	if (*length == 0)
		return false;
	for (; i < *length && (*text)[i] != ';'; i++) {
		if ((*text)[i] == '\\' && i + 1 < *length && (*text)[i + 1] == ';')
			i++;
		if (put < size - 1)
			to[put++] = (*text)[i];
	}
	to[put] = '\0';
	i += i < *length; /* the semicolon itself */
	*text += i;
	*length -= i;
	return true;
}

/* Decimal digits alone, at most `most`; false when it is something else. */
static bool
number_read(const char *text, uint64_t most, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (digit > 9 || number > (most - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*ret_number = number;
	return true;
}

static bool
number_take(const char **text, size_t *length, uint64_t most, uint64_t *ret_number)
{
	char field[24];

	return field_take(text, length, field, sizeof field) &&
	       number_read(field, most, ret_number);
}

static bool
line_take(const char **text, size_t *length, char *to, size_t size)
{
	char field[MOTD_LIMIT];

	if (!field_take(text, length, field, sizeof field))
		return false;
	text_clean(to, size, field, strlen(field));
	return true;
}

/* What may be missing: a field that is not as it should be ends the reading. */
static void
rest_take(const char *text, size_t length, struct bedrock_motd *motd)
{
	uint64_t server, kind, port, port_v6;

	if (!number_take(&text, &length, UINT64_MAX, &server))
		return;
	motd->server = server;
	if (!line_take(&text, &length, motd->line[1], sizeof motd->line[1]) ||
	    !line_take(&text, &length, motd->mode, sizeof motd->mode) ||
	    !number_take(&text, &length, UINT16_MAX, &kind) ||
	    !number_take(&text, &length, UINT16_MAX, &port))
		return;
	motd->port = (uint16_t)port;
	if (number_take(&text, &length, UINT16_MAX, &port_v6))
		motd->port_v6 = (uint16_t)port_v6;
}

bool
bedrock_motd_parse(const char *text, size_t length, struct bedrock_motd *ret_motd)
{
	struct bedrock_motd motd = { .protocol = -1 };
	char edition[8], protocol[24];
	uint64_t number, online, max;

	if (!field_take(&text, &length, edition, sizeof edition) ||
	    (strcmp(edition, "MCPE") != 0 && strcmp(edition, "MCEE") != 0) ||
	    !line_take(&text, &length, motd.line[0], sizeof motd.line[0]) ||
	    !field_take(&text, &length, protocol, sizeof protocol) ||
	    !line_take(&text, &length, motd.version, sizeof motd.version) ||
	    !number_take(&text, &length, COUNT_BOUND, &online) ||
	    !number_take(&text, &length, COUNT_BOUND, &max))
		return false;
	if (number_read(protocol, INT32_MAX, &number))
		motd.protocol = (int)number;
	motd.online = (unsigned)online;
	motd.max = (unsigned)max;
	rest_take(text, length, &motd);
	*ret_motd = motd;
	return true;
}

/* There is no escape for a backslash: at the end it would be taken for one of the semicolon. */
static void
line_put(struct buf *to, const char *line)
{
	char cut[LINE_TOLD_LIMIT];
	size_t length;

	(void)text_put(cut, sizeof cut, line);
	length = strlen(cut);
	for (const char *c = cut; *c != '\0'; c++) {
		if (*c == ';')
			buf_put_byte(to, '\\');
		buf_put_byte(to, (unsigned char)*c);
	}
	if (length > 0 && cut[length - 1] == '\\')
		buf_put_byte(to, ' ');
	buf_put_byte(to, ';');
}

void
bedrock_motd_print(struct buf *to, const struct bedrock_motd *motd)
{
	size_t before = to->length;

	buf_put_text(to, "MCPE;");
	line_put(to, motd->line[0]);
	buf_format(to, "%d;", motd->protocol < 0 ? 0 : motd->protocol);
	line_put(to, motd->version);
	buf_format(to, "%u;%u;%llu;", motd->online, motd->max, (unsigned long long)motd->server);
	line_put(to, motd->line[1]);
	line_put(to, motd->mode[0] != '\0' ? motd->mode : "Survival");
	buf_format(to, "1;%u;%u;", (unsigned)motd->port, (unsigned)motd->port_v6);
	ASSERT(to->length - before <= RAKNET_TEXT_LIMIT);
}
