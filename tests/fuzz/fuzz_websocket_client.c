/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a server's answer to a client that opens a WebSocket: what is known is
 * the same however many more have come, and an opened one has the proof of the key.
 */

#include "fuzz.h"

#include "wire/websocket/client.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum websocket_opened before = WEBSOCKET_OPENED_MORE;
	size_t step = size / 64 + 1;

	for (size_t length = 0;; length = size - length < step ? size : length + step) {
		unsigned char *copy = fuzz_copy(data, length);
		size_t used = 0;
		int status = 0;
		enum websocket_opened now =
			websocket_answer_read(copy, length, KEY, &used, &status);

		ASSERT(before == WEBSOCKET_OPENED_MORE || now == before);
		ASSERT(now != WEBSOCKET_OPENED_REFUSED || (status >= 0 && status != 101));
		ASSERT(now != WEBSOCKET_OPENED ||
		       (used <= length &&
			memmem(copy, used, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28) != NULL));
		before = now;
		free(copy);
		if (length == size)
			return 0;
	}
}
