/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a client's message: what is understood is within its bounds and JSON
 * where it is said to be; what is not is told with a status and a sentence.
 */

#include <string.h>

#include "feed/talk.h"
#include "fuzz.h"

static void
check_json(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

	ASSERT(value != NULL);
	json_decref(value);
}

static void
check_channels(const struct talk *talk)
{
	char name[CHANNEL_TEXT_SIZE];
	struct channel again;

	ASSERT(talk->channel_count <= CHANNELS_PER_READER);
	for (size_t i = 0; i < talk->channel_count; i++) {
		channel_text(&talk->channels[i], name);
		ASSERT(channel_parse(name, &again) && channel_equal(&again, &talk->channels[i]));
		ASSERT(strpbrk(name, "\"\\") == NULL); /* it is put into messages as it is */
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct talk talk;
	char detail[TALK_DETAIL_SIZE] = "";
	int status = talk_parse(data, size, &talk, detail);

	ASSERT(status == 0 || status == 400 || status == 422);
	ASSERT((status == 0) == (detail[0] == '\0'));
	ASSERT(talk.action < TALK_MAX || status == 400 || status == 422);
	if (talk.id != NULL)
		check_json(talk.id);
	if (status == 0) {
		check_channels(&talk);
		if (talk.message != NULL)
			check_json(talk.message);
		if (talk.line != NULL)
			ASSERT(strlen(talk.line) <= TALK_LINE_LIMIT);
	}
	talk_deinit(&talk);
	return 0;
}
