/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_ARCHIVE_H
#define ROOST_PORT_ARCHIVE_H

/*
 * Worlds to and from object stores. Whatever takes long (packing, hashing, reading back,
 * removing a tree) is done in worker threads, and no bytes of a world pass the control thread.
 *
 * An archive NAME is two objects of a store: NAME.tar.zst, and NAME.manifest, which is put
 * last and is what makes it one; without it the other is a leftover. NAME
 * is an object key (port/objects.h), "survival/01JD…"; a store is one of the configuration's.
 *
 * Every order may be repeated: after a crash nobody knows how far the last one came.
 */

#include "base/instant.h"
#include "port/ticket.h"

/* Lent for the call. Paths are relative to `root`, NULL-terminated; NULL or none: all that is in it. */
struct archive_pack {
	const char *store, *name;
	const char *root;
	char *const *paths;
	const char *server, *game;	/* for the manifest */
	struct instant made;
};

/* Lent for the call. */
struct archive_swap {
	const char *root;
	char *const *paths;	/* as they were packed */
	const char *fresh;	/* what is to be in `root`: a directory on the same file system */
	const char *aside;	/* where what was in `root` goes; made when it is not there */
};

/* What an archive is, as its manifest says; in REPLY_ARCHIVE. */
struct archive_answer {
	bool is_there;			/* look, verify, unpack: false = there is no such archive */
	uint64_t files, bytes;		/* in it */
	uint64_t size;			/* of NAME.tar.zst */
	size_t changed_count, missed_count;
	char missed_first[REASON_LIMIT + 1];	/* what, and why; "" = nothing */
	char sha256[DIGEST_TEXT_SIZE];	/* of NAME.tar.zst */
	struct instant made;
	char server[SERVER_NAME_LIMIT + 1], game[40];
	char *manifest;			/* pack: its text, to be committed; receiver's, or NULL */
	size_t manifest_length;
	struct archive_entry_name {
		char name[OBJECT_KEY_LIMIT + 1];
		bool is_whole;		/* its manifest is there */
		uint64_t size;
		struct instant modified;
	} *names;			/* list */
	size_t name_count;
	bool more;			/* list: there are more behind the last */
};

void archive_answer_free(struct archive_answer *answer);

/* How far an order that packs, verifies or unpacks has come. */
struct archive_progress {
	uint64_t files, bytes;		/* done; files only when packing */
	uint64_t bytes_expected;	/* 0 = not known */
};

/*
 * Refused: it did not happen, one sentence says why. Unknown: it may have; look again. What
 * was cancelled is refused.
 */
struct archive_port {
	/* Pack, and put as NAME.tar.zst, in place of one that is there. The manifest is only returned. */
	void (*pack)(struct archive_port *port, struct ticket ticket,
		     const struct archive_pack *pack);

	/* Put the manifest: now it is an archive. Copied. Refused when there is another one already. */
	void (*commit)(struct archive_port *port, struct ticket ticket, const char *store,
		       const char *name, const char *manifest, size_t length);

	/* Read the manifest, nothing else. */
	void (*look)(struct archive_port *port, struct ticket ticket, const char *store,
		     const char *name);

	/* Read back every byte of it, against its manifest. Refused: it is damaged, or cannot be read. */
	void (*verify)(struct archive_port *port, struct ticket ticket, const char *store,
		       const char *name);

	/* The same into a new directory; one that is there (of an attempt before) is removed first. */
	void (*unpack)(struct archive_port *port, struct ticket ticket, const char *store,
		       const char *name, const char *directory);

	/*
	 * Put each path of `fresh` in the place of that of `root`, which goes to `aside`; by two renames,
	 * so that each path is the old one or the new one, and none for the moment in between. A path that
	 * the archive does not have goes aside too. Begun and cut off, also in such a moment, it is finished
	 * by ordering it again; until it ended, nobody may start the game.
	 */
	void (*swap)(struct archive_port *port, struct ticket ticket,
		     const struct archive_swap *swap);

	/* Remove a directory made by unpack or swap with all that is in it; none there is fine. */
	void (*discard)(struct archive_port *port, struct ticket ticket, const char *directory);

	/* Remove an archive: its manifest first, so that it is none from then on. None there is fine. */
	void (*remove)(struct archive_port *port, struct ticket ticket, const char *store,
		       const char *name);

	/* Names that begin with `prefix`, behind `after` (or NULL), in the order of their bytes, a page of them. */
	void (*list)(struct archive_port *port, struct ticket ticket, const char *store,
		     const char *prefix, const char *after);

	/* Clear away what puts that never ended left in the store, begun before `before`. */
	void (*sweep)(struct archive_port *port, struct ticket ticket, const char *store,
		      struct instant before);

	/* End it soon; its reply still comes. */
	void (*cancel)(struct archive_port *port, struct ticket ticket);

	/* At once: false when there is no such order. */
	bool (*progress)(struct archive_port *port, struct ticket ticket,
			 struct archive_progress *ret_progress);
};

#endif
