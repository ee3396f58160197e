/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_HTTP_TLS_H
#define ROOST_HTTP_TLS_H

/*
 * TLS (1.2 or newer) for accepted connections, over memory: ciphertext in,
 * plaintext out and the other way round. It touches no socket.
 */

#include "base/buf.h"
#include "base/limits.h"

struct http_tls;
struct tls_session;

/*
 * Read a PEM certificate chain and its key. NULL, with a sentence for people in
 * `ret_why` that names the file, when they cannot be used.
 */
struct http_tls *http_tls_new(const char *certificate_path, const char *key_path,
			      char ret_why[static REASON_LIMIT + 1]) must_check;
void http_tls_free(struct http_tls *tls);

/* Read the files again. On failure the old certificate stays in use. */
bool http_tls_reload(struct http_tls *tls, char ret_why[static REASON_LIMIT + 1]) must_check;

struct tls_session *tls_session_new(struct http_tls *tls) must_check;
void tls_session_free(struct tls_session *session);

/*
 * Take received ciphertext. Plaintext is put behind `plain`, answers of the
 * handshake behind `cipher`. False: the session failed; send `cipher` and close.
 * `*ret_ended` when the peer closed its side properly.
 */
bool tls_session_take(struct tls_session *session, const void *bytes, size_t length,
		      struct buf *plain, struct buf *cipher, bool *ret_ended) must_check;

/* Put plaintext, encrypted, behind `cipher`. False: the session failed. */
bool tls_session_put(struct tls_session *session, const void *bytes, size_t length,
		     struct buf *cipher) must_check;

/* Our goodbye. */
void tls_session_end(struct tls_session *session, struct buf *cipher);

#endif
