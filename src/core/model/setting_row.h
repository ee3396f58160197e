/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The columns of a settings table as C. Included before its .def, by the one
 * file that owns the table, with SETTING_OF defined as the struct the fields
 * are of. No guard: it only defines macros.
 */

#define SETTING(field, kind, default_text, limits, row_flags, text) \
	{ .path = #field,                                           \
	  .type = SETTING_##kind,                                   \
	  .initial = (default_text),                                \
	  limits,                                                   \
	  .offset = offsetof(SETTING_OF, field),                    \
	  .flags = (row_flags),                                     \
	  .help = (text) },
/* Where the field is not called as the path is. */
#define SETTING_AS(name, field, kind, default_text, limits, row_flags, text) \
	{ .path = #name,                                                     \
	  .type = SETTING_##kind,                                            \
	  .initial = (default_text),                                         \
	  limits,                                                            \
	  .offset = offsetof(SETTING_OF, field),                             \
	  .flags = (row_flags),                                              \
	  .help = (text) },
/* A list whose length is the field of the same name and _count. */
#define SETTING_LIST(field, kind, default_text, limits, row_flags, text) \
	{ .path = #field,                                                \
	  .type = SETTING_##kind,                                        \
	  .initial = (default_text),                                     \
	  limits,                                                        \
	  .offset = offsetof(SETTING_OF, field),                         \
	  .count_offset = offsetof(SETTING_OF, field##_count),           \
	  .flags = (row_flags),                                          \
	  .help = (text) },
/* clang-format off */
#define BETWEEN(low, high) .min = (low), .max = (high)
#define WORDS(list) .words = (list), .max = INT64_MAX
/* clang-format on */
#define SECONDS(n) ((int64_t)(n)*1000)
#define HOURS(n)   ((int64_t)(n)*3600000)
#define DAYS(n)	   ((int64_t)(n)*86400000)
