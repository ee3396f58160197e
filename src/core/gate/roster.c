/* SPDX-License-Identifier: Apache-2.0 */
/* Who may play, read by many threads: made once, never changed, freed by the last. */

#include "gate/roster.h"

#include <string.h>

struct gate_roster *
gate_roster_new(size_t count)
{
	struct gate_roster *roster =
		mem_new(sizeof *roster + count * sizeof(struct gate_roster_player));

	roster->references = 1;
	roster->count = count;
	return roster;
}

struct gate_roster *
gate_roster_ref(struct gate_roster *roster)
{
	if (roster != NULL)
		__atomic_add_fetch(&roster->references, 1, __ATOMIC_RELAXED);
	return roster;
}

void
gate_roster_unref(struct gate_roster *roster)
{
	if (roster == NULL || __atomic_sub_fetch(&roster->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (size_t i = 0; i < roster->count; i++)
		mem_free(roster->players[i].reason);
	for (size_t i = 0; i < roster->network_count; i++)
		mem_free(roster->networks[i].reason);
	mem_free(roster->networks);
	mem_free(roster);
}

void
gate_roster_ban(struct gate_roster *roster, const struct network *network, char *reason)
{
	struct gate_roster_network *to;

	roster->networks = mem_resize(roster->networks,
				      (roster->network_count + 1) * sizeof *roster->networks);
	to = &roster->networks[roster->network_count++];
	*to = (struct gate_roster_network){ .network = *network, .reason = reason };
}

const struct gate_roster_network *
gate_roster_network_of(const struct gate_roster *roster, const struct ip *ip)
{
	for (size_t i = 0; roster != NULL && ip != NULL && i < roster->network_count; i++) {
		if (network_holds(&roster->networks[i].network, ip))
			return &roster->networks[i];
	}
	return NULL;
}

void
player_name_fold(const char *name, char ret_folded[static PLAYER_NAME_LIMIT + 1])
{
	(void)text_put(ret_folded, PLAYER_NAME_LIMIT + 1, name);
	for (char *c = ret_folded; *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
}

const struct gate_roster_player *
gate_roster_find(const struct gate_roster *roster, const char *name)
{
	char folded[PLAYER_NAME_LIMIT + 1];
	size_t low = 0, high = roster != NULL ? roster->count : 0;

	player_name_fold(name, folded);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(roster->players[middle].name, folded);

		if (order == 0)
			return &roster->players[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
