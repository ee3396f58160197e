/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords and digests: see the header. A job is the worker's while it is
 * queued and the loop's before and after. When the port is freed in between, the
 * last job out turns off the light.
 */

#include "sys/secrets.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct secrets {
	struct secrets_port port;
	uv_loop_t *loop;
	struct courier *courier; /* NULL once freed */
	size_t in_flight;
};

struct job {
	uv_work_t work;
	struct secrets *secrets;
	struct ticket ticket;
	char *password;
	bool checks;
	char hash[crypto_pwhash_STRBYTES];
	bool yes; /* checked and right, or hashed */
};

static void
on_work(uv_work_t *work)
{
	struct job *job = CONTAINER_OF(work, struct job, work);
	size_t length = strlen(job->password);

	if (job->checks)
		job->yes = crypto_pwhash_str_verify(job->hash, job->password, length) == 0;
	else
		job->yes = crypto_pwhash_str(job->hash, job->password, length,
					     crypto_pwhash_OPSLIMIT_INTERACTIVE,
					     crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0;
	sodium_memzero(job->password, length);
}

static void
job_tell(const struct job *job)
{
	struct reply reply = { .ticket = job->ticket, .result = REPLY_DONE };

	if (job->checks) {
		reply.holds = REPLY_YES_OR_NO;
		reply.as.yes = job->yes;
	} else if (job->yes) {
		reply.holds = REPLY_TEXT;
		reply.as.text = text_copy(job->hash);
	} else {
		courier_refuse(job->secrets->courier, job->ticket,
			       "cannot hash the password: not enough memory (64 MiB are needed)");
		return;
	}
	courier_reply(job->secrets->courier, &reply);
}

static void
on_worked(uv_work_t *work, int status)
{
	struct job *job = CONTAINER_OF(work, struct job, work);
	struct secrets *secrets = job->secrets;

	secrets->in_flight--;
	if (secrets->courier != NULL && status == 0)
		job_tell(job);
	else if (secrets->courier == NULL && secrets->in_flight == 0)
		mem_free(secrets);
	sodium_memzero(job->password, strlen(job->password));
	mem_free(job->password);
	mem_free(job);
}

static void
job_start(struct secrets *secrets, struct ticket ticket, const char *password, const char *hash)
{
	struct job *job;

	if (strlen(password) > PASSWORD_LIMIT) {
		courier_refuse(secrets->courier, ticket, "a password has at most %d bytes",
			       PASSWORD_LIMIT);
		return;
	}
	if (secrets->in_flight >= PASSWORDS_IN_FLIGHT_LIMIT) {
		courier_refuse(secrets->courier, ticket,
			       "too many sign-ins at once; try again in a few seconds");
		return;
	}
	job = mem_new(sizeof *job);
	job->secrets = secrets;
	job->ticket = ticket;
	job->password = text_copy(password);
	job->checks = hash != NULL;
	if (hash != NULL)
		(void)text_put(job->hash, sizeof job->hash, hash);
	secrets->in_flight++;
	ASSERT(uv_queue_work(secrets->loop, &job->work, on_work, on_worked) == 0);
}

static void
hash_password(struct secrets_port *port, struct ticket ticket, const char *password)
{
	job_start(CONTAINER_OF(port, struct secrets, port), ticket, password, NULL);
}

static void
check_password(struct secrets_port *port, struct ticket ticket, const char *hash,
	       const char *password)
{
	ASSERT(hash != NULL);
	job_start(CONTAINER_OF(port, struct secrets, port), ticket, password, hash);
}

static void
digest(struct secrets_port *port, const char *text, char ret_digest[static DIGEST_TEXT_SIZE])
{
	unsigned char bytes[crypto_hash_sha256_BYTES];

	(void)port;
	(void)crypto_hash_sha256(bytes, (const unsigned char *)text, strlen(text));
	(void)sodium_bin2hex(ret_digest, DIGEST_TEXT_SIZE, bytes, sizeof bytes);
}

struct secrets_port *
secrets_new(uv_loop_t *loop, courier_deliver *deliver, void *argument)
{
	struct secrets *secrets = mem_new(sizeof *secrets);

	ASSERT(sodium_init() >= 0);
	secrets->port = (struct secrets_port){
		.hash_password = hash_password,
		.check_password = check_password,
		.digest = digest,
	};
	secrets->loop = loop;
	secrets->courier = courier_new(loop, deliver, argument);
	return &secrets->port;
}

void
secrets_free(struct secrets_port *port)
{
	struct secrets *secrets;

	if (port == NULL)
		return;
	secrets = CONTAINER_OF(port, struct secrets, port);
	courier_free(TAKE(secrets->courier));
	if (secrets->in_flight == 0)
		mem_free(secrets);
}
