/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_FILES_PORT_H
#define ROOST_FILES_PORT_H

/* port/files.h on this machine: each question in a worker, answered in the loop's thread. */

#include <uv.h>

#include "port/files.h"
#include "sys/courier.h"

struct files_port *files_port_new(uv_loop_t *loop, courier_deliver *deliver,
				  void *argument) must_check;

/* What is under way is finished, and nobody told. The loop must run until it is. */
void files_port_free(struct files_port *port);

#endif
