/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Java's properties, as java.util.Properties.load() reads them: a line may go on behind a
 * backslash, a key ends at '=', ':' or a blank, and anything may be escaped.
 */

#include <stdio.h>
#include <string.h>

#include "wire/gamefile/edit.h"

/* A logical line, still escaped: its bytes are old[from, to). */
struct entry {
	size_t from, to, next;
	char *key, *value; /* unescaped */
};

static void
entry_deinit(struct entry *entry)
{
	mem_free(entry->key);
	mem_free(entry->value);
	*entry = (struct entry){ .key = NULL };
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\f';
}

/* Here also a lone '\r' ends a line. */
static struct line
natural_line(const struct editing *e, size_t at)
{
	struct line line = { .from = at, .to = at };

	while (line.to < e->length && e->old[line.to] != '\n' && e->old[line.to] != '\r')
		line.to++;
	line.next = line.to;
	if (line.next < e->length && e->old[line.next++] == '\r' && line.next < e->length &&
	    e->old[line.next] == '\n')
		line.next++;
	return line;
}

static bool
goes_on(const struct editing *e, const struct line *line)
{
	size_t slashes = 0;

	while (line->to - slashes > line->from && e->old[line->to - slashes - 1] == '\\')
		slashes++;
	return slashes % 2 == 1;
}

/* The logical line without what joins it: still escaped. */
static void
join(const struct editing *e, size_t at, struct buf *to, size_t *ret_to, size_t *ret_next)
{
	for (;;) {
		struct line line = natural_line(e, at);
		size_t from = line.from;
		bool more = goes_on(e, &line) && line.next < e->length;

		while (from < line.to && is_blank(e->old[from]))
			from++;
		buf_put(to, e->old + from, line.to - from - (goes_on(e, &line) ? 1 : 0));
		*ret_to = line.to;
		*ret_next = line.next;
		if (!more)
			return;
		at = line.next;
	}
}

static unsigned
hex_of(const char *text)
{
	unsigned number = 0;

	for (int i = 0; i < 4; i++) {
		char c = text[i];
		unsigned digit = c >= '0' && c <= '9'	? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
				 : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
							: 16;

		if (digit == 16)
			return UINT32_MAX;
		number = number << 4 | digit;
	}
	return number;
}

static void
put_utf8(struct buf *b, unsigned c)
{
	if (c < 0x80) {
		buf_put_byte(b, (unsigned char)c);
	} else if (c < 0x800) {
		buf_put_byte(b, (unsigned char)(0xc0 | c >> 6));
		buf_put_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_put_byte(b, (unsigned char)(0xe0 | c >> 12));
		buf_put_byte(b, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
		buf_put_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
	} else {
		buf_put_byte(b, (unsigned char)(0xf0 | c >> 18));
		buf_put_byte(b, (unsigned char)(0x80 | (c >> 12 & 0x3f)));
		buf_put_byte(b, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
		buf_put_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
	}
}

/* \uHHHH, two of them for what lies beyond; returns how much of the text it was. */
static size_t
put_unicode(struct buf *b, const char *text, size_t length)
{
	unsigned high = length >= 4 ? hex_of(text) : UINT32_MAX;
	unsigned low = UINT32_MAX;

	if (high == UINT32_MAX) {
		buf_put_byte(b, 'u');
		return 0;
	}
	if (high >= 0xd800 && high < 0xdc00 && length >= 10 && text[4] == '\\' && text[5] == 'u')
		low = hex_of(text + 6);
	if (low >= 0xdc00 && low < 0xe000) {
		put_utf8(b, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
		return 10;
	}
	put_utf8(b, high);
	return 4;
}

static char *
unescape(const char *text, size_t length)
{
	struct buf b = BUF_NULL;

	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (c != '\\' || i + 1 == length) {
			buf_put_byte(&b, (unsigned char)c);
			continue;
		}
		c = text[++i];
		if (c == 'u')
			i += put_unicode(&b, text + i + 1, length - i - 1);
		else
			buf_put_byte(&b, (unsigned char)(c == 't'   ? '\t'
							 : c == 'n' ? '\n'
							 : c == 'r' ? '\r'
							 : c == 'f' ? '\f'
								    : c));
	}
	return buf_take_text(&b);
}

/* The next entry from `at` on; false: there is none. */
static bool
entry_next(const struct editing *e, size_t at, struct entry *ret_entry)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	size_t key = 0, value;
	const char *c;

	for (;; at = ret_entry->next) {
		if (at >= e->length)
			return false;
		ret_entry->from = at;
		buf_clear(&text);
		ret_entry->next = natural_line(e, at).next;
		while (at < e->length && is_blank(e->old[at]))
			at++;
		if (at < e->length && strchr("#!\r\n", e->old[at]) == NULL)
			break;
	}
	join(e, ret_entry->from, &text, &ret_entry->to, &ret_entry->next);
	c = buf_text(&text);
	while (key < text.length && strchr("=: \t\f", c[key]) == NULL)
		key += c[key] == '\\' && key + 1 < text.length ? 2 : 1;
	value = key;
	while (value < text.length && is_blank(c[value]))
		value++;
	if (value < text.length && (c[value] == '=' || c[value] == ':'))
		value++;
	while (value < text.length && is_blank(c[value]))
		value++;
	ret_entry->key = unescape(c, key);
	ret_entry->value = unescape(c + value, text.length - value);
	return true;
}

/* One character of UTF-8 as \uHHHH, so that a reader of Latin-1 and one of UTF-8 see the same. */
static size_t
put_escaped_character(struct buf *b, const unsigned char *text)
{
	unsigned c, more = text[0] >= 0xf0 ? 3 : text[0] >= 0xe0 ? 2 : 1;

	c = text[0] & (0x3fu >> more);
	for (unsigned i = 1; i <= more; i++) {
		ASSERT((text[i] & 0xc0) == 0x80); /* values are UTF-8: JSON's */
		c = c << 6 | (text[i] & 0x3fu);
	}
	if (c >= 0x10000) {
		buf_format(b, "\\u%04X", 0xd800 + ((c - 0x10000) >> 10));
		c = 0xdc00 + ((c - 0x10000) & 0x3ff);
	}
	buf_format(b, "\\u%04X", c);
	return more + 1;
}

static void
put_escaped(struct buf *b, const char *text, bool is_key)
{
	const char *start = text;

	while (*text != '\0') {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x80) {
			text += put_escaped_character(b, (const unsigned char *)text);
			continue;
		}
		if (c == '\\' || (c == ' ' && (is_key || text == start)) ||
		    (is_key && strchr("=:#!", c) != NULL))
			buf_format(b, "\\%c", c);
		else if (c == '\t' || c == '\n' || c == '\r' || c == '\f')
			buf_format(b, "\\%c",
				   c == '\t'   ? 't'
				   : c == '\n' ? 'n'
				   : c == '\r' ? 'r'
					       : 'f');
		else if (c < 0x20 || c == 0x7f)
			buf_format(b, "\\u%04X", c);
		else
			buf_put_byte(b, c);
		text++;
	}
}

static char *
entry_text(const char *key, const char *value)
{
	struct buf b = BUF_NULL;

	put_escaped(&b, key, true);
	buf_put_byte(&b, '=');
	put_escaped(&b, value, false);
	return buf_take_text(&b);
}

/* The last entry of that key: it is the one that counts. */
static bool
entry_find(const struct editing *e, const char *key, struct entry *ret_entry)
{
	struct entry entry = { .next = 0 };
	bool found = false;

	while (entry_next(e, entry.next, &entry)) {
		if (strcmp(entry.key, key) == 0) {
			if (found)
				entry_deinit(ret_entry);
			*ret_entry = entry;
			found = true;
		} else {
			mem_free(entry.key);
			mem_free(entry.value);
		}
	}
	return found;
}

/* Does the text end in the middle of an entry, so that what is put behind it would be its rest? */
static bool
ends_open(const struct editing *e)
{
	struct line line = { .next = 0 };

	while (line.next < e->length)
		line = natural_line(e, line.next);
	return goes_on(e, &line);
}

static void
add_entry(struct editing *e, const char *key, const char *value)
{
	if (e->count == 0 || e->edits[e->count - 1].from < e->length) {
		if (ends_open(e))
			editing_add_line(e, e->length, text_copy(""));
	}
	editing_add_line(e, e->length, entry_text(key, value));
}

bool
properties_merge(struct editing *e, const json_t *set)
{
	const char *key;
	json_t *wanted;

	json_object_foreach((json_t *)set, key, wanted)
	{
		CLEANUP(text_freep) char *value = scalar_text(wanted, "true", "false");
		CLEANUP(entry_deinit) struct entry entry = { .key = NULL };

		if (value == NULL || *key == '\0')
			return refuse_edit(e, "its key %.60s would not be one text", key);
		if (!entry_find(e, key, &entry))
			add_entry(e, key, value);
		else if (strcmp(entry.value, value) != 0)
			editing_put(e, entry.from, entry.to, entry_text(key, value));
	}
	return true;
}
