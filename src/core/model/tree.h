/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TREE_H
#define ROOST_TREE_H

/*
 * A document in YAML 1.2 (or JSON, which is YAML) as JSON values that remember
 * where they were written.
 *
 * What people mix up is refused: anchors and aliases (one line may mean a
 * gigabyte), tags, duplicate keys, several documents, text that is not UTF-8.
 * Plain words become values only when nothing is lost by it: `null`, `~` and
 * nothing; `true` and `false`; whole numbers as JSON writes them. Everything
 * else (`1.20`, `010`, `yes`, `0x1F`) stays the text it is.
 */

#include "base/json.h"

#define TREE_DEPTH_LIMIT   32		/* a declaration is 3 deep */
#define TREE_NODES_LIMIT   100000	/* 1000 servers of 60 members, and some room */
#define TREE_POINTER_LIMIT 255

struct tree_place {
	char *pointer;			/* RFC 6901 */
	unsigned line, column;		/* from 1 */
};

struct tree {
	json_t *root;			/* null for an empty document */
	struct tree_place *places;	/* in document order */
	size_t place_count, place_room;
};

struct tree_error {
	unsigned line, column;		/* from 1; 0 = not known */
	char pointer[TREE_POINTER_LIMIT + 1];
	char detail[200];
};

/* False with *ret_error for a document that is refused. */
bool tree_read(const char *text, size_t length, struct tree *ret_tree,
	       struct tree_error *ret_error) must_check;
void tree_deinit(struct tree *tree);

/* Where `pointer` was written, or the nearest thing above it that was; 0, 0 when unknown. */
void tree_find(const struct tree *tree, const char *pointer, unsigned *ret_line,
	       unsigned *ret_column);

#endif
