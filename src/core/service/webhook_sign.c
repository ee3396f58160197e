/* SPDX-License-Identifier: Apache-2.0 */
/* The body and the signature. Nothing in here knows of endpoints, tries or time. */

#include "service/webhook_sign.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/base64.h"
#include "feed/cloudevent.h"

#define PREFIX "whsec_"

void
webhook_secret_text(const unsigned char random[static WEBHOOK_SECRET_BYTES],
		    char ret_secret[static WEBHOOK_SECRET_SIZE])
{
	struct buf b = BUF_NULL;

	buf_put_text(&b, PREFIX);
	base64_put(&b, random, WEBHOOK_SECRET_BYTES);
	ASSERT(text_put(ret_secret, WEBHOOK_SECRET_SIZE, buf_text(&b)));
	explicit_bzero(b.data, b.length);
	buf_deinit(&b);
}

static void
put_mac(struct buf *b, const struct buf *key, const struct webhook_content *content)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	char head[160];
	int length =
		snprintf(head, sizeof head, "%s.%lld.", content->id, (long long)content->timestamp);

	ASSERT(length > 0 && (size_t)length < sizeof head);
	(void)crypto_auth_hmacsha256_init(&state, key->data, key->length);
	(void)crypto_auth_hmacsha256_update(&state, (unsigned char *)head, (size_t)length);
	(void)crypto_auth_hmacsha256_update(&state, content->body, content->body_length);
	(void)crypto_auth_hmacsha256_final(&state, mac);
	base64_put(b, mac, sizeof mac);
	explicit_bzero(&state, sizeof state);
}

bool
webhook_signature_put(struct buf *b, const char *secret, const struct webhook_content *content)
{
	struct buf key = BUF_NULL;
	bool is_secret =
		text_starts_with(secret, PREFIX) &&
		base64_take(&key, secret + strlen(PREFIX), strlen(secret + strlen(PREFIX)));

	if (is_secret) {
		buf_put_text(b, "v1,");
		put_mac(b, &key, content);
		explicit_bzero(key.data, key.length);
	}
	buf_deinit(&key);
	return is_secret;
}

void
webhook_body_put(struct buf *b, const char *epoch, const struct store_event *event)
{
	char time[INSTANT_TEXT_SIZE];

	instant_text(event->time, time);
	buf_format(b, "{\"type\":\"%s\",\"timestamp\":\"%s\",\"data\":", event->type, time);
	cloudevent_put(b, epoch, event);
	buf_put_byte(b, '}');
}

void
webhook_id_text(const char *epoch, uint64_t offset, char ret_id[static WEBHOOK_ID_SIZE])
{
	(void)snprintf(ret_id, WEBHOOK_ID_SIZE, "%s-%llu", epoch, (unsigned long long)offset);
}
