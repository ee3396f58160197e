/* SPDX-License-Identifier: Apache-2.0 */
/* roost backup and roost restore: a copy of a server's world, and the way back. */

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/backup.h"
#include "cli/follow.h"

static const struct option backup_options[] = {
	{ "--wait", 'w', NULL, "stay until it is good, showing how far it has come" },
	{ "--output", 'o', "FILE",
	  "get: into this new file (default: NAME-ID.tar.zst; - = standard output)" },
};

static const struct option restore_options[] = {
	{ "--to", 0, "OTHER", "onto another server" },
	{ "--wait", 'w', NULL, "stay until it has ended" },
};

static bool
is_under_way(const json_t *backup)
{
	const char *state = json_get_text(backup, "state", "");

	return strcmp(state, "good") != 0 && strcmp(state, "failed") != 0 &&
	       strcmp(state, "removing") != 0;
}

static void
show_progress(const json_t *backup)
{
	const json_t *progress = json_object_get(backup, "progress");
	char done[VOLUME_TEXT_SIZE], all[VOLUME_TEXT_SIZE];
	const char *state = json_get_text(backup, "state", "");

	if (!terminal_is_tty(STDERR_FILENO))
		return;
	volume_text(json_get_integer(progress, "bytes", 0), done);
	volume_text(json_get_integer(progress, "expected", 0), all);
	if (json_get_integer(progress, "expected", 0) > 0)
		(void)fprintf(stderr, "\r\033[K%s %s of %s", state, done, all);
	else if (json_get_integer(progress, "bytes", 0) > 0)
		(void)fprintf(stderr, "\r\033[K%s %s", state, done);
	else
		(void)fprintf(stderr, "\r\033[K%s", state);
}

/* Why it waits, such as a game that runs and cannot be held: that may be for long, so it is said. */
static void
show_reason(const json_t *backup, struct buf *last)
{
	CLEANUP(buf_deinit) struct buf reason = BUF_NULL;

	put_clean(&reason, json_get_text(backup, "reason", ""));
	if (reason.length == 0 || strcmp(buf_text(&reason), buf_text(last)) == 0)
		return;
	(void)fprintf(stderr, "%sroost: %s\n", terminal_is_tty(STDERR_FILENO) ? "\r\033[K" : "",
		      buf_text(&reason));
	buf_clear(last);
	buf_put(last, reason.data, reason.length);
}

/* One question a second; ends when it is good, has failed, or is gone. */
static int
wait_for(struct client *client, const char *server, const char *id)
{
	CLEANUP(text_freep) char *path = backup_path(server, id, "");
	CLEANUP(buf_deinit) struct buf told = BUF_NULL;

	for (;;) {
		CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
		CLEANUP(buf_deinit) struct buf why = BUF_NULL;
		char size[VOLUME_TEXT_SIZE];
		int status = client_ask(client, "GET", path, NULL, &answer);

		if (status != EXIT_DONE)
			return status;
		if (is_under_way(answer.json)) {
			show_reason(answer.json, &told);
			show_progress(answer.json);
			(void)poll(NULL, 0, 1000);
			continue;
		}
		if (terminal_is_tty(STDERR_FILENO))
			(void)fprintf(stderr, "\r\033[K");
		if (strcmp(json_get_text(answer.json, "state", ""), "good") != 0) {
			put_clean(&why, json_get_text(answer.json, "reason", "it was cancelled"));
			return refused("the backup was not made: %s", buf_text(&why));
		}
		volume_text(json_get_integer(answer.json, "size", 0), size);
		(void)printf("The backup is good: it was read back whole (%s).\n", size);
		return EXIT_DONE;
	}
}

static int
make(struct client *client, const struct invocation *in)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = client_path("/v1/servers/%s/backups", in->words[0]);
	CLEANUP(buf_deinit) struct buf line = BUF_NULL;
	int status = client_ask(client, "POST", path, NULL, &answer);

	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json"))
		print_json(answer.json);
	else {
		buf_put_text(&line, "A backup is being made: ");
		put_clean(&line, json_get_text(answer.json, "id", "?"));
		buf_put_text(&line, "\n");
		print_buf(&line);
	}
	return invocation_has(in, "--wait")
		       ? wait_for(client, in->words[0], json_get_text(answer.json, "id", ""))
		       : EXIT_DONE;
}

/* What is done to one that is there. */
static const struct {
	const char *word, *method, *rest;
	int locked; /* -1 = nothing is said of it */
	const char *done;
} verbs[] = {
	{ "check", "POST", "/check", -1,
	  "It is being read back; the feed and `roost backups` tell." },
	{ "lock", "PUT", "", 1, "It is locked: nothing removes it." },
	{ "unlock", "PUT", "", 0, "It is unlocked." },
	{ "rm", "DELETE", "", -1, "It goes." },
};

static int
act(struct client *client, const struct invocation *in, size_t verb)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(json_freep) json_t *body = NULL;
	CLEANUP(text_freep) char *id = NULL;
	CLEANUP(text_freep) char *path = NULL;
	const char *word = invocation_word(in, 2);
	int status;

	if (word == NULL && strcmp(verbs[verb].word, "check") != 0)
		return misused(in, "%s needs the backup's ID", verbs[verb].word);
	status = backup_named(client, in->words[1], word != NULL ? word : "latest", &id);
	if (status != EXIT_DONE)
		return status;
	path = backup_path(in->words[1], id, verbs[verb].rest);
	if (verbs[verb].locked >= 0) {
		body = json_object();
		json_set_bool(body, "locked", verbs[verb].locked == 1);
	}
	status = client_ask(client, verbs[verb].method, path, body, &answer);
	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json") && answer.json != NULL)
		print_json(answer.json);
	else
		(void)printf("%s\n", verbs[verb].done);
	return EXIT_DONE;
}

static int
get(struct client *client, const struct invocation *in)
{
	CLEANUP(text_freep) char *id = NULL;
	const char *word = invocation_word(in, 2);
	int status = backup_named(client, in->words[1], word != NULL ? word : "latest", &id);

	return status == EXIT_DONE
		       ? backup_get(client, in->words[1], id, invocation_option(in, "--output"))
		       : status;
}

static int
run_backup(const struct invocation *in)
{
	CLEANUP(client_freep) struct client *client = NULL;
	int status;

	for (size_t i = 0; i < ELEMENTS(verbs) && in->word_count > 1; i++) {
		if (strcmp(in->words[0], verbs[i].word) != 0)
			continue;
		status = client_new(in, &client);
		return status == EXIT_DONE ? act(client, in, i) : status;
	}
	if (in->word_count > 1 && strcmp(in->words[0], "get") != 0)
		return misused(in, "%s is none of check, get, lock, unlock and rm", in->words[0]);
	status = client_new(in, &client);
	if (status == EXIT_DONE && in->word_count > 1)
		return get(client, in);
	return status == EXIT_DONE ? make(client, in) : status;
}

/* A restore has no address of its own: what is told of it is found by the request that asked. */
struct restoring {
	const char *request;
	int status;
};

static bool
on_restore_open(void *argument, bool again)
{
	(void)argument;
	(void)again;
	return true;
}

static bool
on_restore_event(void *argument, const char *type, const json_t *event)
{
	struct restoring *restoring = argument;
	const json_t *data = json_object_get(event, "data");
	bool has_ended;

	if (strcmp(json_get_text(data, "request_id", ""), restoring->request) != 0)
		return true;
	has_ended =
		strcmp(type, "restore.finished") == 0 ||
		(strcmp(type, "restore.failed") == 0 && !json_get_bool(data, "retrying", false));
	if (strcmp(type, "restore.failed") == 0) {
		CLEANUP(buf_deinit) struct buf why = BUF_NULL;

		put_clean(&why, json_get_text(data, "reason", "no reason was told"));
		if (has_ended)
			restoring->status = refused("the restore failed: %s", buf_text(&why));
		else
			(void)fprintf(stderr, "roost: %s It is tried again.\n", buf_text(&why));
	} else if (has_ended) {
		(void)printf("Its world is the backup's.\n");
		restoring->status = EXIT_DONE;
	}
	return !has_ended;
}

static int
wait_for_restore(struct client *client, const char *server, const char *request)
{
	struct restoring restoring = { .request = request, .status = EXIT_DONE };
	const struct follower follower = { .on_open = on_restore_open,
					   .on_event = on_restore_event,
					   .argument = &restoring };
	CLEANUP(text_freep)
	char *path = client_path("/v1/events?server=%s&type=restore.", server);
	int status = follow(client, path, "0", &follower);

	return status == EXIT_DONE ? restoring.status : status;
}

static int
run_restore(const struct invocation *in)
{
	CLEANUP(client_freep) struct client *client = NULL;
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(json_freep) json_t *body = json_object();
	CLEANUP(text_freep) char *id = NULL;
	CLEANUP(text_freep) char *path = NULL;
	const char *to = invocation_option(in, "--to");
	int status = client_new(in, &client);

	if (status == EXIT_DONE)
		status = backup_named(client, in->words[0], in->words[1], &id);
	if (status != EXIT_DONE)
		return status;
	if (to != NULL)
		json_set_text(body, "to", to);
	path = backup_path(in->words[0], id, "/restore");
	status = client_ask(client, "POST", path, body, &answer);
	if (status != EXIT_DONE)
		return status;
	to = to != NULL ? to : in->words[0];
	if (invocation_has(in, "--json"))
		print_json(answer.json);
	else
		(void)printf("%s is being restored; its old world is kept aside until it has run "
			     "well.\n",
			     to);
	return invocation_has(in, "--wait")
		       ? wait_for_restore(client, to, json_get_text(answer.json, "request_id", "?"))
		       : EXIT_DONE;
}

const struct command backup_command = {
	.name = "backup",
	.words = "NAME | check NAME [ID] | get NAME [ID] | lock NAME ID | unlock NAME ID | rm NAME "
		 "ID",
	.summary = "make a backup of a server's world, or see to one",
	.about = "A server that runs is told to hold its saving meanwhile, where roost knows its "
		 "commands; one that sleeps is kept from waking until its files are read. The "
		 "backup "
		 "counts once it was read back whole.\n\n"
		 "`check` reads one back again, `get` brings one here (without an ID: the newest "
		 "good "
		 "one); it is a tar, compressed by zstd. What is locked is never "
		 "removed. ID may be `latest`.",
	.options = backup_options,
	.option_count = ELEMENTS(backup_options),
	.speaks = true,
	.least = 1,
	.most = 3,
	.run = run_backup,
};

const struct command restore_command = {
	.name = "restore",
	.words = "NAME ID",
	.summary = "make a backup a server's world again",
	.about = "The server must be asleep or failed. The backup is unpacked beside its world and "
		 "read whole first; then they change places, and the old world is kept until the "
		 "server has run well for ten minutes. ID may be `latest`.",
	.options = restore_options,
	.option_count = ELEMENTS(restore_options),
	.speaks = true,
	.least = 2,
	.most = 2,
	.run = run_restore,
};
