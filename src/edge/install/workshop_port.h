/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WORKSHOP_PORT_H
#define ROOST_WORKSHOP_PORT_H

/*
 * port/workshop.h by a few threads. Orders wait in a queue, one of a server at a time; however
 * many installations go on, a thread is left for files that are to be rendered.
 */

#include "install/download.h"
#include "port/workshop.h"
#include "sys/courier.h"

/* Renders the order's files, in a worker thread. 0, or negative with one sentence. */
typedef int workshop_render(const struct workshop_order *order,
			    char ret_why[static REASON_LIMIT + 1]);

/* `loop` and `argument` outlive the port; the options are copied. */
struct workshop_port *workshop_port_new(uv_loop_t *loop, const struct downloader_options *options,
					workshop_render *render, courier_deliver *deliver,
					void *argument) must_check;

/* Other options, for what begins from now on. */
void workshop_port_configure(struct workshop_port *port, const struct downloader_options *options);

/*
 * What is under way is cancelled and waited for; nothing more is replied. Run the loop until it
 * has no handles left.
 */
void workshop_port_free(struct workshop_port *port);

#endif
