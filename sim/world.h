/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

/*
 * A world for the control plane to live in: one clock, one queue of events
 * ordered by (time, sequence), chance from one seed. Its store, its processes,
 * its gate and its players do what real ones do on a bad day: lose requests,
 * lose answers, answer late or twice, refuse, die. Every call of a port may be
 * the last thing the plane does.
 */

#include <setjmp.h>

#include "datagram_sim.h"
#include "dice.h"
#include "gate/hold.h"
#include "keeper/plane.h"

#define SERVERS_MAX 3
#define PLAYERS_MAX 256
#define PROCESSES_MAX 64

/* Chances in 1024 at each occasion; drawn anew for each seed, many of them zero. */
struct faults {
	unsigned crash;			/* a port call is the last; in 65536 */
	unsigned request_lost, answer_lost, answer_late, answer_twice;
	unsigned refuse;		/* a start is refused */
	unsigned store_refuse, store_unknown, store_slow;
	unsigned process_dies, process_hangs, boot_slow, boot_never, stop_ignored, end_untold;
	unsigned no_console;		/* a game that takes no lines */
	unsigned machine;		/* the whole machine restarts, at each occasion */
};

enum sim_event_kind {
	SIM_DELIVER,		/* fact: to the plane, if it still lives */
	SIM_EFFECT,		/* op: a request reaches the processes */
	SIM_COMMIT,		/* the store makes the batch durable, or not */
	SIM_READ,		/* the store answers a question */
	SIM_END,		/* process `index` ends */
	SIM_PLAYER,		/* player `index` does something */
	SIM_GATE,		/* the gate looks at held player `index` */
	SIM_OPERATOR,		/* somebody wishes something */
	SIM_BIRTH,		/* roost is started again */
	SIM_POST,		/* a webhook's request or answer arrives */
	SIM_WEBHOOKS,		/* an admin sees to the webhooks */
	SIM_PUSH,		/* a push message or its answer arrives */
	SIM_BELL,		/* somebody asks to be told, or not to be */
	SIM_ARCHIVE,		/* an order to the archives, at its next step */
	SIM_SAVES,		/* process `index` writes its world */
	SIM_BACKUPS,		/* somebody wishes a backup, or a restore */
	SIM_FILES,		/* a question about a game's files is answered */
	SIM_LISTS,		/* somebody changes who may play */
	SIM_LAG,		/* a game does what its console was told */
	SIM_LINE,		/* and says so */
	SIM_WORKSHOP,		/* an order in the directory of `index`, at its next step */
	SIM_TINKER,		/* somebody changes what is to be in a directory */
	SIM_CLOCK,		/* somebody, or the network, sets the machine's clock */
	SIM_MACHINE,		/* an occasion for the machine to restart */
	SIM_EVENT_MAX
};

struct sim_post;	/* webhook_sim.h */
struct sim_webhooks;
struct sim_push_post;	/* push_sim.h */
struct sim_push;
struct sim_order;	/* backup_sim.h */
struct sim_backup;
struct sim_sessions;	/* session_sim.h */
struct sim_rosters;	/* roster_sim.h */
struct sim_schedules;	/* schedule_sim.h */
struct sim_workshop;	/* preparation_sim.h */

enum process_op { OP_ENSURE, OP_FIND, OP_SAY, OP_SIGNAL, OP_FORGET, OP_LIST, OP_PROBE };

struct sim_request {
	enum process_op op;
	struct ticket ticket;
	char token[RUN_TOKEN_SIZE];
	int server;
	char line[64];			/* SAY: cut */
	int number;			/* signal; SAY: 1 when it is the stop line, 2 to 4: of a backup */
	uint16_t port;			/* ENSURE: where it is to listen; PROBE: where it is asked */
};

struct sim_event {
	int64_t at;
	uint64_t sequence;
	enum sim_event_kind kind;
	uint64_t life;			/* of the plane it has to do with */
	int index;
	struct ticket ticket;
	struct fact *fact;		/* DELIVER */
	struct sim_request *request;	/* EFFECT */
	struct store_query *query;	/* READ */
	struct sim_post *post;		/* POST */
	struct sim_push_post *push_post;	/* PUSH */
	struct sim_order *order;	/* ARCHIVE */
};

struct sim_process {
	char token[RUN_TOKEN_SIZE];
	int server;
	bool exists, alive, hangs, ignores_stop, no_console;
	bool excused;			/* started by a request of a roost that had died */
	int64_t booted_at;		/* answers from then on */
	int64_t orphan_since;		/* 0 = owned, or not seen yet */
	int exit_status, exit_signal;
	uint64_t generation;		/* of the slot */
	uint16_t port;			/* where it listens */
	bool held;			/* it was told not to save */
	int64_t held_since;
};

enum player_is { PLAYER_AWAY, PLAYER_HELD, PLAYER_IN };

struct sim_player {
	enum player_is is;
	int server;
	uint64_t connection;
	int64_t since;
	uint64_t attempt;		/* the wake he was held for */
	struct hold hold;
	bool answers;			/* his client answers what the hold asks */
	bool past_gate;			/* he came to the game itself */
	int64_t turn_at;		/* of the hold, as planned */
	uint64_t generation;
};

#define ACKS_MAX 256
#define LATE_MAX 64

/* A wish somebody waits for to be durable. */
struct ack {
	struct world *world;
	int server;			/* -1 = done */
	enum want want;
	uint64_t offset;		/* the record's last when it was wished */
};

/* What must be so about one server, kept up from what is stored and told. */
struct sim_server {
	char name[SERVER_NAME_LIMIT + 1];
	char *json;			/* its declaration */
	struct policy policy;
	bool tcp;			/* players name no host: tcp, or udp */
	bool talks;			/* tcp, udp: its console tells of players, in lines that are declared */
	bool udp;
	enum want told_want;		/* as the events have it */
	bool want_known;
	enum state told_state;
	int64_t told_state_at;
	int64_t sleep_wished_at;
	uint64_t wish_offset;		/* of the last event that says what is wanted */
	bool stored_up;
	enum state stored_state;
	char stored_run[RUN_TOKEN_SIZE];	/* token of the run in the stored status */
	unsigned readies, fails, crashes;
	char told_how[160];		/* the last crash ended it */
	char long_run[RUN_TOKEN_SIZE];	/* the run that was last told to last long */
	int64_t long_days, run_started_at;
	unsigned long_told;
};

struct world {
	uint64_t seed;
	struct faults faults;
	struct dice plan, store_dice, process_dice, player_dice, crash_dice, plane_dice;
	int64_t now, started_at;
	uint64_t sequence;
	struct sim_event *heap;
	size_t heap_count, heap_room;

	struct plane *plane;		/* NULL: it is dead */
	uint64_t life;
	bool in_plane;
	jmp_buf crash;
	unsigned crash_in;		/* so many crash points from now; 0 = by chance */
	int64_t turn_due;		/* 0 = none */
	unsigned turns_now;		/* turns at this instant */
	bool calm;			/* no more faults, nobody does anything new */
	bool quiet;			/* nobody comes any more either */

	struct store_document *documents;
	size_t document_count, document_room;
	uint64_t first_offset, last_offset;	/* of the record */
	int64_t *event_times;		/* of event 1, 2, ... */
	size_t event_room;
	struct feed_keep keep;		/* how long the feed remembers */
	unsigned runs_pruned;
	uint64_t reader_at;		/* a reader that comes back now and then */
	uint64_t told_offset;		/* last told in this life */
	uint64_t told_ever;
	bool commit_pending;
	uint64_t commit_life;
	struct ticket commit_ticket;
	struct store_batch commit_batch;	/* a copy: the plane may die */

	struct sim_process processes[PROCESSES_MAX];
	int64_t busy_until[PROCESSES_MAX];	/* of a token's slot: requests are served in order */
	struct sim_player players[PLAYERS_MAX];
	int player_count;
	uint64_t last_connection;
	struct sim_server servers[SERVERS_MAX];
	int server_count;
	struct gate_table *table;	/* what the gate shows now */
	struct datagram_sim datagrams;

	struct store_port store;
	struct process_port process;
	struct probe_port probe;
	struct gate_port gate;
	struct publish_port publish;
	struct chance_port chance;

	struct sim_webhooks *webhooks;	/* NULL: not in this seed */
	struct sim_push *push;		/* NULL: not in this seed */
	struct sim_backup *backup;	/* NULL: not in this seed */
	struct sim_sessions *sessions;	/* NULL: not in this seed */
	struct sim_rosters *rosters;	/* NULL: not in this seed */
	struct sim_workshop *workshop;	/* NULL: not in this seed */
	int64_t born_at;		/* this roost */
	int64_t commits_settled_at;	/* when roost last heard that a commit is durable */
	struct sim_schedules *schedules;	/* NULL: not in this seed */

	struct sim_request *late[LATE_MAX];	/* outlive the roost that asked */
	size_t late_count;
	struct ack acks[ACKS_MAX];
	unsigned ack_next;
	int64_t calm_at;
	int64_t forgot_at;		/* when events last were forgotten */
	int64_t check_at;

	uint64_t hash;			/* of the trace */
	bool trace;			/* print it */
	char failure[512];		/* "" = everything held */
	unsigned turns, crashes, commits;
};

/* world.c */
void world_init(struct world *w, uint64_t seed, bool trace);
void world_deinit(struct world *w);
void world_fail(struct world *w, const char *format, ...) printf_like(2, 3);
void world_trace(struct world *w, const char *format, ...) printf_like(2, 3);
struct sim_event *world_add(struct world *w, enum sim_event_kind kind, int64_t in_ms);
bool world_step(struct world *w, int64_t until);	/* false: nothing more until then */
void world_deliver(struct world *w, const struct fact *fact, int64_t in_ms);
/* At the head and at the end of every port call: the plane may die here. */
void world_crash_point(struct world *w);
struct sim_server *world_server(struct world *w, const char *name);

/* roost.c: the life of the plane. */
void roost_birth(struct world *w);
void roost_kill(struct world *w);
void roost_machine(struct world *w);	/* the machine restarts: games and roost are gone at once */
void roost_turn(struct world *w);
void roost_note(struct world *w, struct fact *fact);	/* takes it */
void roost_declare(struct world *w, int server);	/* as its JSON now says, if roost lives */
void roost_move(struct world *w, int server);	/* declare it elsewhere, whatever it is doing */
void roost_wish(struct world *w, const struct fact *fact, int server);
void roost_end(struct world *w);

/* store_sim.c */
void store_sim_init(struct world *w);
void store_sim_commit(struct world *w, const struct sim_event *e);
void store_sim_read(struct world *w, const struct sim_event *e);
void store_sim_roost_died(struct world *w);
const char *store_sim_body(const struct world *w, enum document_kind kind, const char *key);

/* provider_sim.c */
void provider_sim_init(struct world *w);
void provider_sim_effect(struct world *w, const struct sim_event *e);
void provider_sim_end(struct world *w, const struct sim_event *e);
void provider_sim_roost_died(struct world *w);
void provider_sim_machine_died(struct world *w);	/* before roost is killed with it */
void provider_sim_calm(struct world *w);	/* what hangs answers again */
bool provider_sim_answers(const struct world *w, int server);
unsigned provider_sim_alive(const struct world *w, int server);

/* player_sim.c */
void player_sim_init(struct world *w);
void player_sim_act(struct world *w, const struct sim_event *e);
void player_sim_gate(struct world *w, const struct sim_event *e);
void player_sim_operate(struct world *w);
void player_sim_wish(struct world *w, int server, enum want want);
void player_sim_roost_died(struct world *w);
void player_sim_game_ended(struct world *w, int server);
unsigned player_sim_online(const struct world *w, int server);
void player_sim_go_home(struct world *w);

/* invariants.c */
void invariants_commit(struct world *w, const struct store_batch *batch);
void invariants_told(struct world *w, const struct store_event *events, size_t count);
void invariants_started(struct world *w, const struct sim_process *p);
void invariants_asked(struct world *w, const struct sim_request *request);
void invariants_reached(struct world *w, int server, uint16_t port);	/* where its game is looked for */
void invariants_forgotten(struct world *w, uint64_t oldest_kept);	/* before they go */
void invariants_pruned(struct world *w, const char *key, unsigned newer);
void invariants_acknowledged(struct world *w, const struct ack *ack);
void invariants_always(struct world *w);
void invariants_after_calm(struct world *w);
void invariants_after_quiet(struct world *w);

#endif
