/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SETTING_VALUE_H
#define ROOST_SETTING_VALUE_H

/*
 * One type of setting: how its JSON becomes a field and back. For setting.c;
 * everybody else goes through the tables in setting.h.
 */

#include "model/setting.h"

/* The element of a list that was refused, or WHOLE_VALUE. */
#define WHOLE_VALUE SIZE_MAX

struct setting_kind {
	const char *word;	/* for people: "duration" */
	/* On refusal the field is as it was; `ret_bad` says which element (or member) it was. */
	bool (*read)(const struct setting *row, const json_t *json, void *value, size_t *ret_bad);
	json_t *(*write)(const struct setting *row, const void *value);
	void (*clear)(const struct setting *row, void *value);	/* NULL: owns nothing */
};

const struct setting_kind *setting_kind(enum setting_type type);

/* The lists: setting_list.c. */
bool texts_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad);
json_t *texts_write(const struct setting *row, const void *value);
void texts_clear(const struct setting *row, void *value);
bool pairs_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad);
json_t *pairs_write(const struct setting *row, const void *value);
/* Endpoints or networks, by the row's type: an array and its count. */
bool counted_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad);
json_t *endpoints_write(const struct setting *row, const void *value);
json_t *networks_write(const struct setting *row, const void *value);
bool durations_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad);
json_t *durations_write(const struct setting *row, const void *value);
/* setting_channel.c */
bool channels_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad);
json_t *channels_write(const struct setting *row, const void *value);
void counted_clear(const struct setting *row, void *value);

static inline void *
setting_field(const struct setting *row, void *value)
{
	return (char *)value + row->offset;
}

static inline const void *
setting_field_of(const struct setting *row, const void *value)
{
	return (const char *)value + row->offset;
}

#endif
