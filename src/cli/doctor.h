/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_DOCTOR_H
#define ROOST_DOCTOR_H

/* What `roost doctor` finds, one line a check: right, wrong (with how to mend it), or worth knowing. */

#include "base/json.h"
#include "cli/cli.h"
#include "cli/file.h"

enum finding {
	FOUND_RIGHT,
	FOUND_WRONG,
	FOUND_NOTE
};

struct invocation;

struct doctor {
	json_t *findings;	/* [{check, found, detail, mend}] */
	unsigned wrong;
	bool running;		/* the daemon answers */
};

void found_right(struct doctor *d, const char *check, const char *format, ...) printf_like(3, 4);
void found_note(struct doctor *d, const char *check, const char *format, ...) printf_like(3, 4);
/* `mend` says what to do. */
void found_wrong(struct doctor *d, const char *check, const char *mend, const char *format, ...)
	printf_like(4, 5);

/* doctor_machine.c: the data directory, the clock, control groups. */
void check_data(struct doctor *d, const struct config *config);
void check_clock(struct doctor *d);
void check_limits(struct doctor *d, const struct config *config,
		  const struct cli_parts *parts);

/* doctor_port.c: may we listen there, and who does? */
void check_ports(struct doctor *d, const struct config *config);
void check_gate(struct doctor *d, const struct config *config);

/* doctor_store.c: every place where backups are kept. */
void check_stores(struct doctor *d, const struct config *config, const struct cli_parts *parts);

/* Is what would be backed up, and exchanged by a restore, the game's alone? */
void check_worlds(struct doctor *d, const struct config *config);
/* doctor_zone.c: the time zones of schedules, also of servers that only the daemon knows. */
void check_zones(struct doctor *d, const struct config *config, const struct invocation *in);

/* doctor_server.c: the command, the directory, Java. */
void check_server(struct doctor *d, const struct server_spec *spec);

/* The major version in what `java -version` prints, 0 when it cannot be told. */
unsigned java_version(const char *text);
/* The heap that a command gives Java (its last -Xmx), in bytes; 0 when it gives none. */
int64_t java_heap(char *const *command);
/* Does such a heap fit a memory limit? What Java needs beside it is a fifth of the limit at least. */
bool java_heap_fits(int64_t heap, int64_t limit);
/* Which Minecraft versions run on it. */
const char *java_meaning(unsigned version);

/* The inode of a listening socket of this port in the text of /proc/net/tcp or tcp6; 0 = none. */
unsigned long listener_inode(const char *proc_net_tcp, uint16_t port);

#endif
