/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ARCHIVE_PORT_H
#define ROOST_ARCHIVE_PORT_H

/*
 * port/archive.h over object stores (port/objects.h). Worlds are packed, verified and
 * unpacked in the threads of the store that pulls or brings the bytes; trees are renamed and
 * removed in libuv's workers. So a pack needs no second copy on disk, and about 100 MB.
 *
 * Of each store at most ARCHIVES_AT_ONCE_LIMIT packs, verifications and unpackings are under
 * way; the others wait, and short orders pass them by.
 *
 * Pack refuses a name that has a manifest: what is an archive already is never replaced.
 */

#include "sys/guard.h"
#include "port/archive.h"
#include "port/objects.h"
#include "sys/courier.h"

/* `by` is "roost/0.1.0", for manifests. `loop` and `argument` outlive the port. */
struct archive_port *archive_port_new(uv_loop_t *loop, const char *by, courier_deliver *deliver,
				      void *argument) must_check;

/* What a store is made with, so that its replies come here; the argument is the port. */
courier_deliver archive_port_on_fact;

/* From now on archives may be in it. It belongs to the caller. */
void archive_port_add(struct archive_port *port, const char *name, struct objects_port *store);

/*
 * What no archive is made of, nor exchanged for one: filled by the caller before any order. A
 * pack or a swap that would is refused.
 */
struct guard *archive_port_guard(struct archive_port *port);

/* The store of that name, or NULL; and their names, NULL behind the last. */
struct objects_port *archive_port_store(struct archive_port *port, const char *name);
const char *archive_port_store_name(struct archive_port *port, size_t index);

/*
 * Bring the bytes of NAME.tar.zst to a reader, for whoever takes them elsewhere (a download).
 * `ended` is called once, in the loop's thread and not inside the call, also by
 * archive_port_free(): from then on the reader is not used any more. `why_not` is NULL when it
 * took the archive to its end. False: there is no such store, and nothing will happen.
 */
typedef void archive_read_ended(void *argument, const char *why_not);
bool archive_port_read(struct archive_port *port, const char *store, const char *name,
		       struct object_reader *reader, archive_read_ended *ended, void *argument)
	must_check;

/*
 * All stores are freed before it (desk_port_free), so that nobody pulls any more from what
 * is freed here. Nothing more is replied. Run the loop until it has no handles left.
 */
void archive_port_free(struct archive_port *port);

#endif
