/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TZif files. A file is read twice over: the first block is for readers of version 1 and only
 * skipped; the second has the transitions in 64 bits, and behind it stands, between two line
 * feeds, the rule for all time after the last of them. Every count is checked against the
 * length before anything is read.
 */

#include "wire/zone/zone.h"

#include <string.h>

#include "wire/zone/zone_inner.h"

#define HEAD_SIZE   44
#define TYPES_LIMIT 256
/* Years -9999 to 12000 or so: what is further away (the Big Bang, in old files) is always. */
#define TIME_MOST INT64_C(377705116800)

struct transition {
	int64_t at;
	int32_t offset; /* from then on */
};

struct zone {
	int32_t first; /* offset before the first transition */
	struct transition *transitions;
	size_t count;
	bool has_rule; /* for behind the last */
	struct zone_rule rule;
};

/* How many of each a data block has. */
struct counts {
	size_t ut, standard, leap, times, types, characters;
};

static uint32_t
read_u32(const unsigned char *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int64_t
read_i64(const unsigned char *b)
{
	return (int64_t)((uint64_t)read_u32(b) << 32 | read_u32(b + 4));
}

static bool
parse_head(const unsigned char *bytes, size_t length, struct counts *ret)
{
	if (length < HEAD_SIZE || memcmp(bytes, "TZif", 4) != 0)
		return false;
	*ret = (struct counts){ .ut = read_u32(bytes + 20),
				.standard = read_u32(bytes + 24),
				.leap = read_u32(bytes + 28),
				.times = read_u32(bytes + 32),
				.types = read_u32(bytes + 36),
				.characters = read_u32(bytes + 40) };
	return ret->ut <= TYPES_LIMIT && ret->standard <= TYPES_LIMIT && ret->leap == 0 &&
	       ret->times <= ZONE_TRANSITIONS_LIMIT && ret->types <= TYPES_LIMIT &&
	       ret->types > 0 && ret->characters <= 1024;
}

static size_t
data_size(const struct counts *c, size_t time_size)
{
	return c->times * (time_size + 1) + c->types * 6 + c->characters + c->standard + c->ut;
}

static bool
type_offset(const unsigned char *types, size_t count, size_t index, int32_t *ret_offset)
{
	int32_t offset;

	if (index >= count)
		return false;
	offset = (int32_t)read_u32(types + 6 * index);
	*ret_offset = offset;
	return offset >= -ZONE_OFFSET_MOST && offset <= ZONE_OFFSET_MOST;
}

/* The block at `data`, which is known to be there. Changes of the name only are left out. */
static bool
parse_data(const unsigned char *data, const struct counts *c, struct zone *zone)
{
	const unsigned char *indexes = data + 8 * c->times, *types = indexes + c->times;
	int64_t before = INT64_MIN;
	int32_t offset;

	if (!type_offset(types, c->types, 0, &zone->first))
		return false;
	offset = zone->first;
	zone->transitions = mem_new_array(c->times + 1, sizeof *zone->transitions);
	for (size_t i = 0; i < c->times; i++) {
		struct transition t = { read_i64(data + 8 * i), 0 };

		if (!type_offset(types, c->types, indexes[i], &t.offset) || t.at <= before)
			return false;
		before = t.at;
		if (t.at < -TIME_MOST) {
			zone->first = offset = t.offset;
			continue;
		}
		if (t.at > TIME_MOST)
			return false;
		if (t.offset != offset)
			zone->transitions[zone->count++] = t;
		offset = t.offset;
	}
	return true;
}

/* LF, the rule (or nothing), LF. */
static bool
parse_foot(const unsigned char *foot, size_t length, struct zone *zone)
{
	const unsigned char *end;

	if (length < 2 || foot[0] != '\n')
		return false;
	end = memchr(foot + 1, '\n', length - 1);
	if (end == NULL)
		return false;
	if (end == foot + 1)
		return true;
	zone->has_rule = true;
	return zone_rule_parse((const char *)foot + 1, (size_t)(end - foot - 1), &zone->rule);
}

bool
zone_parse(const unsigned char *bytes, size_t length, struct zone **ret_zone)
{
	CLEANUP(zone_freep) struct zone *zone = mem_new(sizeof *zone);
	struct counts c;
	size_t size;

	if (length > ZONE_FILE_LIMIT || !parse_head(bytes, length, &c) || bytes[4] < '2')
		return false;
	size = HEAD_SIZE + data_size(&c, 4);
	if (length < size || !parse_head(bytes + size, length - size, &c))
		return false;
	bytes += size + HEAD_SIZE;
	length -= size + HEAD_SIZE;
	size = data_size(&c, 8);
	if (length < size || !parse_data(bytes, &c, zone) ||
	    !parse_foot(bytes + size, length - size, zone))
		return false;
	*ret_zone = TAKE(zone);
	return true;
}

bool
zone_from_rule(const char *rule, struct zone **ret_zone)
{
	struct zone *zone = mem_new(sizeof *zone);

	zone->has_rule = true;
	if (!zone_rule_parse(rule, strlen(rule), &zone->rule)) {
		zone_free(zone);
		return false;
	}
	*ret_zone = zone;
	return true;
}

void
zone_free(struct zone *zone)
{
	if (zone == NULL)
		return;
	mem_free(zone->transitions);
	mem_free(zone);
}

void
zone_freep(struct zone **zone)
{
	zone_free(*zone);
	*zone = NULL;
}

/* How many transitions are not after `at`. */
static size_t
passed(const struct zone *zone, int64_t at)
{
	size_t low = 0, high = zone->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (zone->transitions[middle].at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Beyond the years that are computed with it stays as it is at their end. */
static void
rule_span(const struct zone_rule *rule, int64_t at, struct zone_span *ret_span)
{
	at = at > TIME_MOST ? TIME_MOST : at < -TIME_MOST ? -TIME_MOST : at;
	zone_rule_span(rule, at, ret_span);
	if (ret_span->from <= -TIME_MOST)
		ret_span->from = INT64_MIN;
	if (ret_span->until > TIME_MOST)
		ret_span->until = INT64_MAX;
}

void
zone_span_at(const struct zone *zone, int64_t at, struct zone_span *ret_span)
{
	size_t before = passed(zone, at);
	int64_t from = before > 0 ? zone->transitions[before - 1].at : INT64_MIN;

	if (before == zone->count && zone->has_rule) {
		rule_span(&zone->rule, at, ret_span);
		if (ret_span->from < from)
			ret_span->from = from;
		return;
	}
	ret_span->from = from;
	ret_span->until = before < zone->count ? zone->transitions[before].at : INT64_MAX;
	ret_span->offset = before > 0 ? zone->transitions[before - 1].offset : zone->first;
}

bool
zone_name_is_valid(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-+_";
	size_t length = strlen(name);

	if (length == 0 || length > ZONE_NAME_LIMIT)
		return false;
	for (;; name++) {
		size_t segment = strspn(name, allowed);

		name += segment;
		if (segment == 0 || (*name != '/' && *name != '\0'))
			return false;
		if (*name == '\0')
			return true;
	}
}
