/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KEEPER_FIXTURE_H
#define KEEPER_FIXTURE_H

/*
 * A plane with a small, well-behaved world around it: a store in memory, one
 * process table, games that answer when they have booted. Time moves only when
 * told. The world that lies is the simulator's.
 */

#include "keeper/plane.h"

#define FIXTURE_PROCESSES 16

struct fixture_process {
	char token[RUN_TOKEN_SIZE];
	bool running, ready_line;
	int exit_status;
	struct instant started_at;
};

struct fixture {
	struct plane *plane;
	struct instant now, due;
	struct store_document *documents;
	size_t document_count;
	struct store_event *events;
	size_t event_count;
	uint64_t oldest;		/* event that is kept; 0, 1 = all are */
	struct fact *facts;		/* answers under way */
	size_t fact_count;
	struct fact early;		/* noted to a new plane before it has loaded: a console's line; or none */
	struct fixture_process processes[FIXTURE_PROCESSES];
	size_t process_count;
	struct duration boot;		/* how long a game takes to answer */
	unsigned online;
	char names[256];		/* in the game's list, a blank between two */
	bool stubborn;			/* ignores its stop line */
	bool no_console;		/* takes no lines */
	bool store_is_full;
	bool mute;			/* games answer nothing */
	uint16_t asked_port;		/* where the last question went */
	char said[512];			/* console lines, each ended by '\n' */
	struct gate_table *table;
	struct store_port store;
	struct process_port process;
	struct probe_port probe;
	struct gate_port gate;
	struct publish_port publish;
	struct chance_port chance;
	struct secrets_port *secrets;	/* a test's own; or NULL */
	struct http_port *http;
	struct seal_port *seal;
	struct archive_port *archive;
	struct files_port *files;
	struct workshop_port *workshop;
	uint64_t dice;
	size_t told, commits;
};

void fixture_start(struct fixture *f);			/* zeroed before; loads, declares nothing */
void fixture_restart(struct fixture *f);		/* the plane is forgotten and made anew */
void fixture_restart_machine(struct fixture *f);	/* and nobody saw what became of the games */
void fixture_stop(struct fixture *f);
void fixture_declare(struct fixture *f, const char *json);	/* one declaration */
void fixture_wish(struct fixture *f, const char *server, enum want want);
void fixture_reply(struct fixture *f, struct reply reply);	/* a port of the test's own answers */
void fixture_note(struct fixture *f, const struct fact *fact);
void fixture_knock(struct fixture *f, const char *server, uint64_t connection);
void fixture_run(struct fixture *f, struct duration time);	/* turns, as often as asked for */
void fixture_turn_until_started(struct fixture *f);	/* until there is a process */
void fixture_end(struct fixture *f);			/* the process that runs ends by itself, and is told of */
struct fixture_process *fixture_running(struct fixture *f);	/* the one that runs; NULL: none */
size_t fixture_count(const struct fixture *f, const char *type);	/* events of a type */
const char *fixture_last(const struct fixture *f, const char *type);	/* data of the last; NULL */
struct server *fixture_server(struct fixture *f, const char *name);

#endif
