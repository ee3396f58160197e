/* SPDX-License-Identifier: Apache-2.0 */
/* Games with lists of their own, and everybody who changes them; see the header. */

#include "roster_sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define SETTLED_AFTER 30000  /* what roost was told before that is on record, or was lost with it */
#define STORED_WITHIN 300000 /* so is what was taken back before it was on record */
#define TAKEN_WITHIN  60000  /* what was read is on record, unless the store is slow */
#define SHOWN_WITHIN  25000  /* what is on record is shown to the gate, unless the store is slow */

static const unsigned flags[ROSTER_LISTS] = { ROSTER_MAY_PLAY, ROSTER_OP, ROSTER_BANNED };

static unsigned
number_at(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

static int
server_of(const char *directory)
{
	return directory[strlen(directory) - 1] - '0';
}

/* Files. */

static char *
list_text(int list, unsigned names)
{
	CLEANUP(json_freep) json_t *none = json_array();
	struct game_edit edits[ROSTER_NAMES];
	char *text = NULL;

	for (int n = 0; n < ROSTER_NAMES; n++) {
		edits[n] = (struct game_edit){ .set = (names >> n & 1) != 0 };
		(void)snprintf(edits[n].entry.name, sizeof edits[n].entry.name, "p%d", n);
		player_uuid_offline(edits[n].entry.name, edits[n].entry.uuid);
	}
	if (!game_list_edit((enum game_list)list, none, edits, ROSTER_NAMES, 4, &text))
		text = text_copy("[]");
	return text;
}

static unsigned
names_in(struct world *w, int list, const char *text)
{
	char why[REASON_LIMIT + 1];
	CLEANUP(json_freep)
	json_t *entries =
		game_list_parse(text != NULL ? text : "", text != NULL ? strlen(text) : 0, why);
	struct game_entry entry;
	unsigned names = 0;

	for (size_t i = 0; i < json_array_size(entries); i++) {
		if (!game_list_entry((enum game_list)list, entries, i, &entry) ||
		    entry.name[0] != 'p')
			continue;
		if (names >> (entry.name[1] - '0') & 1)
			world_fail(w, "%s is twice on one list", entry.name);
		names |= 1u << (entry.name[1] - '0');
	}
	return names;
}

static void
write_list(struct sim_yard *yard, int list, unsigned names)
{
	mem_free(yard->files[list]);
	yard->files[list] = list_text(list, names);
}

/* Questions about files. */

static void
drop_job(struct sim_job *job)
{
	for (size_t i = 0; i < FILES_AT_ONCE; i++) {
		mem_free(job->texts[i]);
		mem_free(job->was[i]);
	}
	*job = (struct sim_job){ .is_on = false };
}

static struct sim_job *
begin_job(struct world *w, const char *directory, struct ticket ticket)
{
	struct sim_rosters *s = w->rosters;
	int server = server_of(directory);
	struct sim_job *job = &s->yards[server].job;

	if (job->is_on)
		world_fail(w, "two questions about the files of s%d at once", server);
	drop_job(job);
	job->is_on = true;
	job->ticket = ticket;
	world_add(w, SIM_FILES,
		  !w->calm && dice_hits(&s->dice, s->faults.late)
			  ? dice_between(&s->dice, 500, 9000)
			  : dice_between(&s->dice, 1, 40))
		->index = server;
	return job;
}

static void
read_files(struct files_port *port, struct ticket ticket, const char *directory,
	   const char *const *names, size_t count)
{
	struct world *w = CONTAINER_OF(port, struct sim_rosters, port)->world;
	bool was;

	(void)names;
	world_crash_point(w);
	was = memory_is_planes(false);
	begin_job(w, directory, ticket)->count = count;
	(void)memory_is_planes(was);
	world_crash_point(w);
}

static void
write_files(struct files_port *port, struct ticket ticket, const struct files_order *order)
{
	struct world *w = CONTAINER_OF(port, struct sim_rosters, port)->world;
	struct sim_job *job;
	bool was;

	world_crash_point(w);
	was = memory_is_planes(false);
	if (provider_sim_alive(w, server_of(order->directory)) > 0 &&
	    w->servers[server_of(order->directory)].told_state == STATE_READY)
		world_fail(w, "the files of a game that runs are written");
	job = begin_job(w, order->directory, ticket);
	job->writes = true;
	job->count = order->count;
	for (size_t i = 0; i < order->count; i++) {
		job->texts[i] = text_copy(order->files[i].text);
		job->was[i] = text_copy(order->files[i].was->text);
	}
	(void)memory_is_planes(was);
	world_crash_point(w);
}

/* Returns whether all were as they had been read. */
static bool
do_write(struct sim_yard *yard, struct sim_job *job)
{
	for (size_t i = 0; i < job->count; i++)
		if (!text_equal(job->was[i], yard->files[i]))
			return false;
	for (size_t i = 0; i < job->count; i++) {
		if (job->texts[i] == NULL)
			continue;
		mem_free(yard->files[i]);
		yard->files[i] = TAKE(job->texts[i]);
	}
	return true;
}

/* In the plane's memory. */
static struct files_answer *
found_in(const struct sim_yard *yard, size_t count)
{
	struct files_answer *found = mem_new(sizeof *found);

	*found = (struct files_answer){ .is_there = true, .count = count };
	for (size_t i = 0; i < count; i++) {
		if (yard->files[i] == NULL)
			continue;
		found->files[i] = (struct file_text){ true, text_copy(yard->files[i]),
						      strlen(yard->files[i]) };
	}
	return found;
}

void
roster_sim_job(struct world *w, const struct sim_event *e)
{
	struct sim_rosters *s = w->rosters;
	struct sim_yard *yard = &s->yards[e->index];
	struct fact *fact;
	struct reply *reply;

	if (e->life != w->life || w->plane == NULL || !yard->job.is_on)
		return;
	fact = mem_new(sizeof *fact);
	fact->kind = FACT_REPLY;
	reply = &fact->as.reply;
	reply->ticket = yard->job.ticket;
	if (!w->calm && dice_hits(&s->dice, s->faults.refuse)) {
		reply->result = REPLY_REFUSED;
		(void)text_put(reply->reason, sizeof reply->reason, "the disk is full");
	} else if (yard->job.writes) {
		reply->holds = REPLY_YES_OR_NO;
		reply->as.yes = do_write(yard, &yard->job);
	} else {
		(void)memory_is_planes(true);
		reply->holds = REPLY_FILES;
		reply->as.files = found_in(yard, yard->job.count);
		yard->is_edited = false;
		(void)memory_is_planes(false);
	}
	world_trace(w, "the files of s%d are %s", e->index, yard->job.writes ? "written" : "read");
	drop_job(&yard->job);
	roost_note(w, fact);
}

/* Games. */

void
roster_sim_started(struct world *w, int server)
{
	struct sim_yard *yard = &w->rosters->yards[server];

	for (int l = 0; l < ROSTER_LISTS; l++)
		yard->held[l] = names_in(w, l, yard->files[l]);
}

static void
tell_line(struct world *w, int server)
{
	struct sim_rosters *s = w->rosters;

	if (w->calm || !dice_hits(&s->dice, s->faults.line_lost))
		world_add(w, SIM_LINE, dice_between(&s->dice, 1, 300))->index = server;
}

/* Nothing but "a list may have changed" is read from it. */
void
roster_sim_line(struct world *w, const struct sim_event *e)
{
	struct fact fact = { .kind = FACT_CONSOLE_LINE };

	if (w->plane == NULL || e->life != w->life || !plane_is_loaded(w->plane))
		return;
	(void)text_put(fact.server, sizeof fact.server, w->servers[e->index].name);
	(void)memory_is_planes(true);
	fact.as.process.line = text_copy("[12:00:00] [Server thread/INFO]: [x: Banned y: z]");
	plane_note(w->plane, &fact);
	(void)memory_is_planes(false);
	w->turn_due = w->now;
}

static void
game_sets(struct world *w, int server, int list, int name, bool set)
{
	struct sim_yard *yard = &w->rosters->yards[server];

	yard->held[list] = (yard->held[list] & ~(1u << name)) | (unsigned)set << name;
	write_list(yard, list, yard->held[list]);
	tell_line(w, server);
}

static void
note_word(unsigned *value, int64_t *said, int name, bool set, int64_t now)
{
	*value = (*value & ~(1u << name)) | (unsigned)set << name;
	said[name] = now;
}

/* Somebody in the game, or in an editor, whom roost does not see. */
static void
others_say(struct world *w, int server, int list, int name, bool set)
{
	struct sim_yard *yard = &w->rosters->yards[server];
	CLEANUP(text_freep) char *key = text_format("%s/p%d", w->servers[server].name, name);
	const char *body = store_sim_body(w, DOCUMENT_ROSTER, key);
	const char *unsure = body != NULL ? strstr(body, "\"unsure\":") : NULL;
	const char *settling = body != NULL ? strstr(body, "\"settling\":") : NULL;
	unsigned pending = unsure != NULL ? number_at(unsure + 9) | number_at(settling + 11) : 0;

	world_trace(w, "p%d of s%d is %s list %d by others", name, server, set ? "on" : "off",
		    list);
	note_word(&yard->game_value[list], yard->game_said[list], name, set, w->now);
	yard->game_at[list][name][set] = w->now;
	yard->is_sure[list][name] = (pending & flags[list]) == 0 &&
				    yard->roost_said[list][name] + SETTLED_AFTER < w->now;
}

/* "op p3": what is meant, or false. */
static bool
line_means(const char *line, int *ret_list, bool *ret_set, int *ret_name)
{
	static const struct {
		const char *verb;
		int list;
		bool set;
	} verbs[] = { { "whitelist add p", 0, true },
		      { "whitelist remove p", 0, false },
		      { "op p", 1, true },
		      { "deop p", 1, false },
		      { "ban p", 2, true },
		      { "pardon p", 2, false } };

	for (size_t i = 0; i < ELEMENTS(verbs); i++) {
		if (!text_starts_with(line, verbs[i].verb))
			continue;
		*ret_list = verbs[i].list;
		*ret_set = verbs[i].set;
		*ret_name = line[strlen(verbs[i].verb)] - '0';
		return true;
	}
	return false;
}

/* It has the line; its next tick comes soon, or late. */
void
roster_sim_said(struct world *w, int server, const char *line)
{
	struct sim_rosters *s = w->rosters;
	struct sim_event *e;
	int list, name;
	bool set;

	if (!line_means(line, &list, &set, &name))
		return;
	e = world_add(w, SIM_LAG,
		      !w->calm && dice_hits(&s->dice, s->faults.lag)
			      ? dice_between(&s->dice, 500, 900)
			      : dice_between(&s->dice, 1, 50));
	e->index = server;
	e->ticket.v = (uint64_t)(list * 100 + name * 2 + set);
}

void
roster_sim_lag(struct world *w, const struct sim_event *e)
{
	struct sim_yard *yard = &w->rosters->yards[e->index];
	int list = (int)(e->ticket.v / 100), name = (int)(e->ticket.v % 100 / 2);
	bool set = e->ticket.v % 2;

	if (provider_sim_alive(w, e->index) == 0)
		return;
	world_trace(w, "s%d does as told: p%d %s list %d", e->index, name, set ? "on" : "off",
		    list);
	/* One that comes late, after roost was told otherwise, is as good as anybody's. */
	if (((yard->roost_value[list] >> name & 1) != 0) != set || e->life != w->life) {
		note_word(&yard->game_value[list], yard->game_said[list], name, set, w->now);
		yard->game_at[list][name][set] = w->now;
	}
	yard->is_sure[list][name] = false;
	game_sets(w, e->index, list, name, set);
}

/* Whoever changes something. */

static void
roost_says(struct world *w, int server, int list, int name, bool set)
{
	struct sim_rosters *s = w->rosters;
	struct sim_yard *yard = &s->yards[server];
	char player[8];
	struct roster_change change = { .server = w->servers[server].name,
					.player = player,
					.given = flags[list],
					.set = set ? flags[list] : 0,
					.by = "operator" };

	if (w->plane == NULL || !plane_is_loaded(w->plane))
		return;
	(void)snprintf(player, sizeof player, "p%d", name);
	world_trace(w, "p%d of s%d is %s list %d by roost", name, server, set ? "on" : "off", list);
	note_word(&yard->roost_value[list], yard->roost_said[list], name, set, w->now);
	yard->roost_at[list][name][set] = w->now;
	yard->is_sure[list][name] = false;
	(void)memory_is_planes(true);
	ASSERT(rosters_change(s->now, &change));
	(void)memory_is_planes(false);
	w->turn_due = w->now;
}

static bool
has_booted(const struct world *w, int server)
{
	return w->servers[server].told_state == STATE_READY && provider_sim_answers(w, server);
}

void
roster_sim_act(struct world *w)
{
	struct sim_rosters *s = w->rosters;
	struct dice *d = &s->dice;
	int server = (int)dice_below(d, (unsigned)w->server_count);
	int list = (int)dice_below(d, ROSTER_LISTS), name = (int)dice_below(d, ROSTER_NAMES);
	unsigned who = dice_below(d, 4);
	bool set = dice_below(d, 2) == 0;

	if (w->calm)
		return;
	if (w->servers[server].tcp) {
		/* it has no roster */
	} else if (who < 2) {
		roost_says(w, server, list, name, set);
	} else if (has_booted(w, server)) {
		others_say(w, server, list, name, set);
		game_sets(w, server, list, name, set);
	} else if (who == 3 && provider_sim_alive(w, server) == 0) {
		struct sim_yard *yard = &s->yards[server];
		unsigned names = names_in(w, list, yard->files[list]);

		/* A list that was never there proves nothing, nor does one that is as it was. */
		if (yard->files[list] != NULL && ((names >> name & 1) != 0) != set) {
			others_say(w, server, list, name, set);
			yard->is_edited = true;
			write_list(yard, list, (names & ~(1u << name)) | (unsigned)set << name);
		}
	}
	world_add(w, SIM_LISTS, dice_between(d, 500, 30000));
}

/* The life of roost. */

void
roster_sim_birth(struct world *w)
{
	w->rosters->users = users_new(w->plane);
	w->rosters->now = rosters_new(w->plane, w->rosters->users, "");
}

void
roster_sim_loaded(struct world *w)
{
	users_load(w->rosters->users);
	rosters_load(w->rosters->now);
}

/* Killed over a write: it was done, or not. */
void
roster_sim_roost_died(struct world *w)
{
	struct sim_rosters *s = w->rosters;

	s->now = NULL;
	s->users = NULL;
	for (int i = 0; i < SERVERS_MAX; i++) {
		struct sim_job *job = &s->yards[i].job;

		if (job->is_on && job->writes && dice_below(&s->dice, 2) == 0)
			(void)do_write(&s->yards[i], job);
		drop_job(job);
	}
}

void
roster_sim_end(struct world *w)
{
	rosters_free(w->rosters->now);
	users_free(w->rosters->users);
	w->rosters->now = NULL;
	w->rosters->users = NULL;
}

static unsigned
draw(struct dice *d, unsigned most)
{
	return dice_below(d, 2) == 0 ? 1 + dice_below(d, most) : 0;
}

void
roster_sim_init(struct world *w)
{
	struct sim_rosters *s;

	if (w->seed % ROSTERS_EVERY != ROSTERS_AT)
		return;
	s = mem_new(sizeof *s);
	w->rosters = s;
	s->world = w;
	s->dice = dice_of(w->seed, 9);
	s->port = (struct files_port){ .read = read_files, .write = write_files };
	s->faults = (struct roster_faults){ .refuse = draw(&s->dice, 150),
					    .late = draw(&s->dice, 200),
					    .line_lost = draw(&s->dice, 700),
					    .lag = draw(&s->dice, 700) };
	for (int i = 0; i < w->server_count; i++) {
		for (int l = 0; l < ROSTER_LISTS && dice_below(&s->dice, 2) == 0; l++)
			write_list(&s->yards[i], l, 0);
	}
	world_add(w, SIM_LISTS, 2000);
}

void
roster_sim_deinit(struct world *w)
{
	struct sim_rosters *s = w->rosters;

	if (s == NULL)
		return;
	for (int i = 0; i < SERVERS_MAX; i++) {
		drop_job(&s->yards[i].job);
		for (size_t j = 0; j < FILES_AT_ONCE; j++)
			mem_free(s->yards[i].files[j]);
	}
	mem_free(s);
	w->rosters = NULL;
}

static void
check_flips(struct world *w, int server, int name, unsigned now)
{
	struct sim_yard *yard = &w->rosters->yards[server];
	unsigned flipped = yard->stored[name] ^ now;

	for (int l = 0; l < ROSTER_LISTS; l++) {
		bool set = (now & flags[l]) != 0;
		int64_t told = yard->roost_at[l][name][set], at = yard->game_at[l][name][set];
		bool roost = (yard->roost_said[l][name] != 0 &&
			      ((yard->roost_value[l] >> name & 1) != 0) == set) ||
			     (told != 0 && told + STORED_WITHIN > w->now);
		bool game = (yard->game_said[l][name] != 0 &&
			     ((yard->game_value[l] >> name & 1) != 0) == set) ||
			    (at != 0 && at + TAKEN_WITHIN > w->now);

		if (flipped & flags[l] && !roost && !game)
			world_fail(w, "p%d of s%d is %s list %d, and nobody said so", name, server,
				   set ? "on" : "off", l);
	}
	if (flipped & ROSTER_BANNED)
		yard->banned_at[name] = now & ROSTER_BANNED ? w->now : 0;
	yard->stored[name] = now;
}

void
roster_sim_committed(struct world *w, const struct store_batch *batch)
{
	for (size_t i = 0; i < batch->document_count; i++) {
		const struct store_document *d = &batch->documents[i];
		const char *body, *flag;

		if (d->kind != DOCUMENT_ROSTER || strlen(d->key) != 5)
			continue;
		body = store_sim_body(w, d->kind, d->key);
		flag = body != NULL ? strstr(body, "\"by_hand\":") : NULL;
		check_flips(w, d->key[1] - '0', d->key[4] - '0',
			    flag != NULL ? number_at(flag + 10) : 0);
	}
}

/* Somebody's knock wakes a server: he may not be banned, as far as the gate can have been shown. */
void
roster_sim_knocks(struct world *w, const struct sim_player *p, int index)
{
	const struct sim_yard *yard = &w->rosters->yards[p->server];

	if (index >= ROSTER_NAMES || w->servers[p->server].tcp || yard->banned_at[index] == 0)
		return;
	if (yard->banned_at[index] + SHOWN_WITHIN < w->now && w->born_at + SHOWN_WITHIN < w->now &&
	    w->commits_settled_at + SHOWN_WITHIN > w->now)
		world_fail(w, "p%d knocks at s%d, where he is banned", index, p->server);
}

static unsigned
shown(const struct world *w, int server, int name)
{
	char player[8];

	(void)snprintf(player, sizeof player, "p%d", name);
	for (size_t i = 0; w->table != NULL && i < w->table->server_count; i++) {
		const struct gate_server *to = &w->table->servers[i];
		const struct gate_roster_player *known = gate_roster_find(to->roster, player);

		if (strcmp(to->name, w->servers[server].name) == 0)
			return known != NULL ? known->flags : 0;
	}
	return 0;
}

static void
check_player(struct world *w, int server, int list, int name)
{
	const struct sim_yard *yard = &w->rosters->yards[server];
	bool stored = (yard->stored[name] & flags[list]) != 0;
	bool on = names_in(w, list, yard->files[list]) >> name & 1;

	if (((shown(w, server, name) & flags[list]) != 0) != stored)
		world_fail(w, "what the gate shows of p%d at s%d is not on record", name, server);
	if (yard->is_edited)
		return;
	if (on != stored)
		world_fail(w, "p%d is %s list %d of s%d, and the record says otherwise", name,
			   on ? "on" : "off", list, server);
	if (yard->is_sure[list][name] && stored != ((yard->game_value[list] >> name & 1) != 0))
		world_fail(w, "what was done to p%d in the game of s%d is lost (list %d)", name,
			   server, list);
}

void
roster_sim_after_quiet(struct world *w)
{
	for (int i = 0; i < w->server_count; i++) {
		for (int l = 0; l < ROSTER_LISTS && !w->servers[i].tcp; l++)
			for (int n = 0; n < ROSTER_NAMES; n++)
				check_player(w, i, l, n);
	}
}
