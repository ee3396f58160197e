/* SPDX-License-Identifier: Apache-2.0 */
/* A game's status answer, and what is shown of it when the game sleeps. */

#include "base/json.h"
#include "fuzz.h"
#include "gate/status.h"
#include "wire/minecraft/answer.h"
#include "wire/minecraft/status.h"

static void
check_shown(const struct probe_answer *answer)
{
	CLEANUP(json_freep) json_t *shown = NULL;
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	struct gate_table *table = gate_table_new(1);
	struct gate_server *server = &table->servers[0];
	const char *json;
	size_t length, used;

	server->state = STATE_WAKING;
	server->phase = PHASE_STARTING;
	server->last_protocol = answer->protocol;
	(void)text_put(server->last_version, sizeof server->last_version, answer->version);
	if (*answer->motd != '\0')
		server->last_motd = text_copy(answer->motd);
	status_print(&printed, table, server, -1, (struct instant){ 1 });
	ASSERT(status_response_parse(printed.data, printed.length, &json, &length, &used) ==
	       WIRE_DONE);
	shown = json_loadb(json, length, 0, NULL);
	ASSERT(shown != NULL);
	for (unsigned state = 0; state < STATE_MAX; state++) {
		buf_clear(&printed);
		server->state = (enum state)state;
		status_legacy_print(&printed, LEGACY_1_6, table, server, (struct instant){ 1 });
		ASSERT(printed.length > 3 && printed.length <= 3 + 2 * LEGACY_TEXT_LIMIT);
	}
	gate_table_unref(table);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = (char *)fuzz_copy(data, size);
	struct probe_answer answer;
	bool is_answer = probe_answer_parse(copy, size, &answer);

	free(copy);
	if (!is_answer)
		return 0;
	ASSERT(answer.protocol >= -1);
	ASSERT(answer.name_count <= ELEMENTS(answer.names));
	ASSERT(text_is_printable(answer.version, strlen(answer.version)));
	ASSERT(text_is_printable(answer.motd, strlen(answer.motd)));
	for (size_t i = 0; i < answer.name_count; i++)
		ASSERT(text_is_printable(answer.names[i], strlen(answer.names[i])));
	if (*answer.motd != '\0') {
		CLEANUP(json_freep) json_t *motd = json_loads(answer.motd, JSON_DECODE_ANY, NULL);

		ASSERT(motd != NULL);
	}
	check_shown(&answer);
	if (answer.status_json != NULL) {
		struct probe_answer again;

		ASSERT(text_is_printable(answer.status_json, strlen(answer.status_json)));
		ASSERT(probe_answer_parse(answer.status_json, strlen(answer.status_json), &again));
		ASSERT(again.online == answer.online && again.max == answer.max &&
		       again.protocol == answer.protocol);
		mem_free(again.status_json);
	}
	mem_free(answer.status_json);
	return 0;
}
