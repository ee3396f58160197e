/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_OBJECTS_DIRECTORY_H
#define ROOST_OBJECTS_DIRECTORY_H

/*
 * port/objects.h as a directory: an object is the file of its key. A put is written to a file
 * in `.unfinished`, synced, renamed, and its directory synced; so a power cut leaves the old
 * object, the new one or none. What is written is locked (flock), so that what was never
 * finished is known, and swept at once. Files are 0600, directories 0700; nothing is
 * followed out of the directory.
 */

#include "objects/desk.h"

/*
 * The directory is opened for each order, so one that is not there yet, or for a while, is
 * said in the reply. A put makes it, but not those above it: a disk that is not mounted must
 * not be taken for one that is empty. Freed by desk_port_free().
 */
struct objects_port *objects_directory_new(uv_loop_t *loop, const char *directory,
					   courier_deliver *deliver, void *argument) must_check;

#endif
