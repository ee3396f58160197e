/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables with aligned columns. Width is counted in terminal columns, not bytes
 * or characters; the ranges are those that matter for names and messages
 * (Unicode East Asian Width W and F, emoji; combining marks and joiners).
 */

#include <string.h>

#include "cli/terminal.h"

/* One character of valid UTF-8; returns its bytes. */
static size_t
decode(const char *text, uint32_t *ret_point)
{
	const unsigned char *u = (const unsigned char *)text;
	size_t more = u[0] >= 0xf0 ? 3 : u[0] >= 0xe0 ? 2 : u[0] >= 0xc0 ? 1 : 0;
	uint32_t point = more == 3   ? u[0] & 0x07u
			 : more == 2 ? u[0] & 0x0fu
			 : more == 1 ? u[0] & 0x1fu
				     : u[0];

	for (size_t i = 1; i <= more; i++) {
		if ((u[i] & 0xc0) != 0x80) {
			*ret_point = '?';
			return 1;
		}
		point = point << 6 | (u[i] & 0x3fu);
	}
	*ret_point = point;
	return more + 1;
}

static bool
is_in(uint32_t point, const uint32_t (*ranges)[2], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (point >= ranges[i][0] && point <= ranges[i][1])
			return true;
	}
	return false;
}

unsigned
text_width(const char *text)
{
	static const uint32_t none[][2] = { { 0x0300, 0x036f }, { 0x0483, 0x0489 },
					    { 0x0591, 0x05bd }, { 0x064b, 0x065f },
					    { 0x200b, 0x200f }, { 0x20d0, 0x20ff },
					    { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f } };
	static const uint32_t wide[][2] = { { 0x1100, 0x115f },	  { 0x2e80, 0x303e },
					    { 0x3041, 0xa4cf },	  { 0xac00, 0xd7a3 },
					    { 0xf900, 0xfaff },	  { 0xfe30, 0xfe6f },
					    { 0xff00, 0xff60 },	  { 0xffe0, 0xffe6 },
					    { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff },
					    { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd } };
	unsigned width = 0;

	while (*text != '\0') {
		uint32_t point;

		text += decode(text, &point);
		if (is_in(point, none, ELEMENTS(none)))
			continue;
		width += is_in(point, wide, ELEMENTS(wide)) ? 2 : 1;
	}
	return width;
}

void
table_cell(struct table *table, const char *text, enum colour colour)
{
	CLEANUP(buf_deinit) struct buf clean = BUF_NULL;

	ASSERT(table->columns > 0 && table->columns <= TABLE_COLUMNS_LIMIT);
	put_clean(&clean, text != NULL ? text : "");
	table->cells = mem_resize(table->cells, (table->count + 1) * sizeof *table->cells);
	table->colours = mem_resize(table->colours, (table->count + 1) * sizeof *table->colours);
	table->cells[table->count] = buf_take_text(&clean);
	table->colours[table->count++] = colour;
}

static void
put_cell(const struct table *t, size_t i, unsigned width, bool with_colour, struct buf *b)
{
	bool last = i % t->columns == t->columns - 1;
	enum colour colour = i < t->columns ? COLOUR_QUIET : t->colours[i];

	if (with_colour)
		buf_put_text(b, colour_begin(colour));
	buf_put_text(b, t->cells[i]);
	if (with_colour && colour != COLOUR_NONE)
		buf_put_text(b, colour_end());
	for (unsigned w = text_width(t->cells[i]); !last && w < width + 2; w++)
		buf_put_byte(b, ' ');
	if (last)
		buf_put_byte(b, '\n');
}

void
table_put(const struct table *table, struct buf *b, bool with_colour)
{
	unsigned widths[TABLE_COLUMNS_LIMIT] = { 0 };

	ASSERT(table->count % table->columns == 0);
	for (size_t i = 0; i < table->count; i++) {
		unsigned width = text_width(table->cells[i]);

		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
	for (size_t i = 0; i < table->count; i++)
		put_cell(table, i, widths[i % table->columns], with_colour, b);
}

void
table_deinit(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		mem_free(table->cells[i]);
	mem_free(table->cells);
	mem_free(table->colours);
	*table = (struct table){ .columns = table->columns };
}
