/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEBHOOK_SIGN_H
#define ROOST_WEBHOOK_SIGN_H

/* What a webhook says and how it is signed: Standard Webhooks 1.0.0, symmetric (v1). */

#include "base/buf.h"
#include "service/webhook.h"

/* "whsec_" and base64 of so many bytes. */
void webhook_secret_text(const unsigned char random[static WEBHOOK_SECRET_BYTES],
			 char ret_secret[static WEBHOOK_SECRET_SIZE]);

struct webhook_content {
	const char *id;
	int64_t timestamp;		/* seconds, of the attempt */
	const void *body;
	size_t body_length;
};

/* "v1," and base64 of HMAC-SHA256 over ID.TIMESTAMP.BODY; nothing, and false, when it is no secret. */
bool webhook_signature_put(struct buf *b, const char *secret, const struct webhook_content *content);

/* {"type","timestamp","data"}: data is the whole CloudEvent. */
void webhook_body_put(struct buf *b, const char *epoch, const struct store_event *event);

/* The webhook-id of an event: EPOCH-OFFSET, the same at each try and each replay. */
#define WEBHOOK_ID_SIZE (ID_TEXT_SIZE + 21)
void webhook_id_text(const char *epoch, uint64_t offset, char ret_id[static WEBHOOK_ID_SIZE]);

#endif
