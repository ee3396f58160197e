/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_OBJECTS_H
#define ROOST_PORT_OBJECTS_H

/*
 * A place that keeps large things by name: a directory, or a bucket of S3. What is put is
 * there whole or not at all, and durable when the reply comes.
 *
 * Bytes never pass the control thread and are never whole in memory: the store pulls them
 * from a `struct object_source` (a file, an archive being packed) in a worker
 * thread of its own, and lets an `object_reader` pull them in the same way. A source made
 * of a source (pack, compress, hash) needs neither a pipe nor a second copy on disk.
 */

#include "base/buf.h"
#include "base/instant.h"
#include "port/ticket.h"

#define OBJECT_PREFIX_SIZE (OBJECT_KEY_LIMIT + 1)

/*
 * One to OBJECT_SEGMENTS_LIMIT names of [A-Za-z0-9._-], not beginning with a dot, with '/'
 * between them; OBJECT_KEY_LIMIT bytes at most. So a key is a path that stays inside, and
 * needs no escaping in an address.
 */
bool object_key_is_valid(const char *key) must_check;

/* What a listing may be narrowed to: a key's beginning (also "", "a/", "a/b-"). */
bool object_prefix_is_valid(const char *prefix) must_check;

/*
 * Bytes to be pulled, in the thread of whoever pulls. Made and freed by its owner, who
 * leaves it alone from the order until the reply.
 */
struct object_source {
	/*
	 * At most `size` (> 0) bytes: how many; 0 = that was all, and it was well; negative:
	 * the source failed, `why` says how in one sentence. Not called again after either.
	 */
	ptrdiff_t (*read)(struct object_source *source, void *bytes, size_t size);
	/*
	 * Or NULL. Whoever pulled has what is wanted, or gave up: nothing is read any more. May
	 * wait for as long as a read would; called once at least, when anything was read.
	 */
	void (*end)(struct object_source *source);
	char why[REASON_LIMIT + 1];
};

/* What is done with an object that comes. As with a source: its owner waits for the reply. */
struct object_reader {
	/*
	 * Pull from `content` as much as is wished; 0, or negative with one sentence in `why`.
	 * Called at most once, in a worker thread. What is read early may come from an object
	 * that turns out to be damaged: only a read of 0 says that it was whole.
	 */
	int (*take)(struct object_reader *reader, struct object_source *content);
	char why[REASON_LIMIT + 1];
};

/* Bytes that are in memory anyway (a manifest), lent until the reply, as a source. */
struct object_bytes {
	struct object_source source;
	const unsigned char *bytes;
	size_t length, at;
};
void object_bytes_init(struct object_bytes *source, const void *bytes, size_t length);

/* Reads a small object into memory; one larger than the limit is refused. */
struct object_memory {
	struct object_reader reader;
	struct buf content;
	size_t limit;
};
void object_memory_init(struct object_memory *reader, size_t limit);
void object_memory_deinit(struct object_memory *reader);

/* Lent for the call, but for the source. */
struct object_put {
	const char *key;
	struct object_source *source;
	uint64_t expected;	/* bytes, about and rather too many; 0 = not known (then 150 GB at most) */
	bool only_new;		/* never in place of another: OBJECT_IS_TAKEN instead */
};

/* Lent for the call, but for the reader. */
struct object_get {
	const char *key;
	uint64_t offset, length;	/* length 0 = to the end */
	struct object_reader *reader;	/* or NULL ... */
	const char *path;		/* ... then into this new file, 0600, synced; gone again on failure */
};

struct object_list {
	const char *prefix;
	const char *after;		/* keys behind this one, in the order of their bytes; or NULL */
	unsigned limit;			/* 1 to OBJECTS_PAGE_LIMIT */
};

enum object_is {
	OBJECT_IS_DONE,		/* as asked */
	OBJECT_IS_NONE,		/* head, get: there is no such object; the reader was not called */
	OBJECT_IS_TAKEN		/* put: only_new, and there is one of that name */
};

struct object_entry {
	char key[OBJECT_KEY_LIMIT + 1];
	uint64_t size;
	struct instant modified;
};

struct object_answer {
	enum object_is is;
	uint64_t size;			/* put, head: the object's; get: bytes taken */
	struct instant modified;	/* head */
	struct object_entry *entries;	/* list */
	size_t entry_count;
	bool more;			/* list: the limit cut it */
	uint64_t swept;			/* sweep: leftovers removed */
};

void object_answer_free(struct object_answer *answer);

/*
 * Replies are REPLY_OBJECT when it is done. Refused: it did not happen (a put left nothing
 * under its key). Unknown: it may have; only a put of which the last answer was lost, and a
 * remove. Both say why, in a sentence for people.
 */
struct objects_port {
	void (*put)(struct objects_port *port, struct ticket ticket, const struct object_put *put);
	void (*get)(struct objects_port *port, struct ticket ticket, const struct object_get *get);
	void (*head)(struct objects_port *port, struct ticket ticket, const char *key);
	void (*list)(struct objects_port *port, struct ticket ticket,
		     const struct object_list *list);
	/* One that is not there counts as removed. */
	void (*remove)(struct objects_port *port, struct ticket ticket, const char *key);
	/* Clear away what puts that never ended left behind, begun before `before` or known to be dead. */
	void (*sweep)(struct objects_port *port, struct ticket ticket, struct instant before);
	/* End it soon; its reply (done, refused or unknown) still comes. */
	void (*cancel)(struct objects_port *port, struct ticket ticket);
};

#endif
