/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The S3 store against a server that misbehaves on order (s3_fake.py) and, where it is
 * installed, against moto and versitygw, which others wrote. Arguments: the directory of this file.
 */

#include "shop.h"
#include "sys/files.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fetch/exchange.h"
#include "objects/objects_s3.h"
#include "objects/s3_call.h"

static const char *source_directory;
extern char **environ;

struct fixture {
	struct shop shop;
	pid_t server;
	int port, within_s;
	char directory[64], kept[80];
};

/* One that nobody listens on: others may be testing on this machine as well. */
static int
free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	(void)close(fd);
	return ntohs(address.sin_port);
}

static bool
answers(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r = connect(fd, (struct sockaddr *)&address, sizeof address);
	(void)close(fd);
	return r == 0;
}

static bool
start(struct fixture *f, char *const arguments[])
{
	if (posix_spawnp(&f->server, arguments[0], NULL, NULL, arguments, environ) != 0)
		return false;
	for (int i = 0; i < 300 && !answers(f->port); i++) {
		if (waitpid(f->server, NULL, WNOHANG) == f->server) {
			f->server = 0;
			return false;
		}
		uv_sleep(100);
	}
	return answers(f->port);
}

/* A plain request to the server: its answer's body as a number, or -1. */
static int
tell(const struct fixture *f, const char *method, const char *path, const char *body)
{
	struct exchange *exchange = exchange_new(&(struct fetch_options){ .user_agent = "test" });
	CLEANUP(text_freep) char *url = text_format("http://127.0.0.1:%d%s", f->port, path);
	const struct http_order order = { .method = method,
					  .url = url,
					  .body = body,
					  .body_length = strlen(body),
					  .within = DURATION_S(10),
					  .answer_limit = 1000,
					  .reach = HTTP_REACH_ANY };
	atomic_bool never = false;
	struct reply reply = exchange_ask(exchange, &order, &never);
	int number = reply.result == REPLY_DONE ? atoi(reply.as.http->body) : -1;

	reply_deinit(&reply);
	exchange_free(exchange);
	return number;
}

static void
open_shop(struct fixture *f, const char *key, const char *prefix)
{
	CLEANUP(text_freep) char *endpoint = text_format("http://127.0.0.1:%d", f->port);
	const struct s3_options options = { .endpoint = endpoint,
					    .bucket = "bucket",
					    .region = "eu-central-1",
					    .prefix = prefix,
					    .key = key,
					    .secret = "secret",
					    .token = strcmp(key, "key") == 0 ? "token/+=" : NULL,
					    .fetch = { .user_agent = "roost/test" },
					    .within = DURATION_S(f->within_s),
					    .wait = DURATION_MS(1),
					    .tries = 4 };

	shop_init(&f->shop);
	f->shop.port = objects_s3_new(&f->shop.loop, &options, on_shop_fact, &f->shop);
}

static int
begin(void **state, const char *key)
{
	struct fixture *f = mem_new(sizeof *f);

	(void)signal(SIGPIPE, SIG_IGN);
	f->port = free_port();
	f->within_s = 20;
	(void)snprintf(f->directory, sizeof f->directory, "/tmp/roost-s3-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	open_shop(f, key, "inst/");
	*state = f;
	return 0;
}

static int
set_up(void **state)
{
	CLEANUP(text_freep) char *script = text_format("%s/s3_fake.py", source_directory);
	char number[8];
	struct fixture *f;

	(void)begin(state, "key");
	f = *state;
	(void)snprintf(number, sizeof number, "%d", f->port);
	assert_true(start(f, (char *[]){ "python3", script, number, NULL }));
	return 0;
}

/* Where tools/setup.sh put it, or wherever it is. */
static char *
tool(const char *name)
{
	char *own = text_format("%s/../../.tools/bin/%s", source_directory, name);

	if (access(own, X_OK) == 0)
		return own;
	mem_free(own);
	return text_copy(name);
}

/* tools/setup.sh wrote down what this machine cannot have. */
static bool
is_out_of_reach(const char *name)
{
	CLEANUP(text_freep)
	char *path = text_format("%s/../../.tools/unavailable", source_directory);
	FILE *file = fopen(path, "r");
	char line[64] = "";
	bool found = false;

	while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
		found = strncmp(line, name, strlen(name)) == 0;
	if (file != NULL)
		(void)fclose(file);
	return found;
}

/* A machine that decides what is published has them all, unless its set-up said why not. */
static int
is_there(struct fixture *f, const char *name, bool started)
{
	const char *where = getenv("CI");

	if (!started && where != NULL && strcmp(where, "true") == 0)
		assert_true(is_out_of_reach(name));
	return started || f->server == 0 ? 0 : -1;
}

static int
set_up_moto(void **state)
{
	CLEANUP(text_freep) char *python = tool("python3");
	struct fixture *f;
	char number[8];
	bool started;

	(void)begin(state, "key");
	f = *state;
	(void)snprintf(number, sizeof number, "%d", f->port);
	started = start(f, (char *[]){ python, "-m", "moto.server", "-p", number, NULL });
	if (started)
		(void)tell(f, "PUT", "/bucket", "");
	return is_there(f, "moto", started);
}

/* A server for real use, in Go: it checks signatures, digests and conditions. */
static int
set_up_versitygw(void **state)
{
	CLEANUP(text_freep) char *program = tool("versitygw");
	CLEANUP(text_freep) char *address = NULL;
	CLEANUP(text_freep) char *bucket = NULL;
	struct fixture *f;

	(void)begin(state, "roostkey");
	f = *state;
	address = text_format("127.0.0.1:%d", f->port);
	(void)snprintf(f->kept, sizeof f->kept, "%s-kept", f->directory);
	bucket = text_format("%s/bucket", f->kept);
	assert_int_equal(mkdir(f->kept, 0700), 0);
	assert_int_equal(mkdir(bucket, 0700), 0);
	return is_there(f, "versitygw",
			start(f, (char *[]){ program, "--port", address, "--access", "roostkey",
					     "--secret", "secret", "--region", "eu-central-1",
					     "--quiet", "posix", f->kept, NULL }));
}

static int
remove_one(const char *path, const struct stat *is, int type, struct FTW *where)
{
	(void)is;
	(void)type;
	(void)where;
	return remove(path);
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	desk_port_free(f->shop.port);
	shop_deinit(&f->shop);
	if (f->server > 0) {
		(void)kill(f->server, SIGKILL);
		(void)waitpid(f->server, NULL, 0);
	}
	(void)nftw(f->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	if (f->kept[0] != '\0')
		(void)nftw(f->kept, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	mem_free(f);
	return 0;
}

/* ---- */

static void
a_bucket_is_a_store(void **state)
{
	struct fixture *f = *state;

	it_does_what_every_store_does(&f->shop, f->directory);
	assert_int_equal(tell(f, "GET", "/-/left", ""), 0);
}

static void
a_bucket_of_another_server_is_a_store(void **state)
{
	struct fixture *f = *state;

	if (f->server == 0)
		skip(); /* it is not installed: tools/setup.sh test */
	it_does_what_every_store_does(&f->shop, f->directory);
	(void)shop_sweep(&f->shop, INT64_MAX);
	assert_is(shop_head(&f->shop, "digits"), OBJECT_IS_DONE);
}

static void
what_goes_wrong_once_with_every_call_does_no_harm(void **state)
{
	static const char *const faults[] = { "lost", "unheard", "slow_down", "error_200" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ELEMENTS(faults); i++) {
		(void)tell(f, "PUT", "/-/faults", faults[i]);
		it_does_what_every_store_does(&f->shop, f->directory);
		(void)tell(f, "PUT", "/-/faults", "none");
		/* An upload whose beginning was not heard of is the sweep's. */
		(void)shop_sweep(&f->shop, INT64_MAX);
		assert_int_equal(tell(f, "GET", "/-/left", ""), 0);
		assert_is(shop_remove(&f->shop, "m/manifest"), OBJECT_IS_DONE);
		(void)nftw(f->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
		assert_int_equal(mkdir(f->directory, 0700), 0);
	}
}

/* Each call is carried out, and its answer comes when nobody waits for it any more. */
static void
what_is_answered_too_late_does_no_harm(void **state)
{
	struct fixture *f = *state;
	const size_t size = 17000000;
	unsigned char *bytes = mem_new(size);

	desk_port_free(f->shop.port);
	shop_deinit(&f->shop);
	f->within_s = 1;
	open_shop(f, "key", "inst/");
	(void)tell(f, "PUT", "/-/faults", "late");
	assert_is(shop_put(&f->shop, "large", bytes, size), OBJECT_IS_DONE);
	assert_content(&f->shop, "large", bytes, size);
	assert_is(shop_put_new(&f->shop, "manifest", "first"), OBJECT_IS_DONE);
	assert_is(shop_put_new(&f->shop, "manifest", "second"), OBJECT_IS_TAKEN);
	assert_content(&f->shop, "manifest", "first", 5);
	assert_int_equal(shop_list(&f->shop, "", NULL, 10)->as.object->entry_count, 2);
	assert_is(shop_remove(&f->shop, "large"), OBJECT_IS_DONE);
	assert_is(shop_head(&f->shop, "large"), OBJECT_IS_NONE);
	(void)tell(f, "PUT", "/-/faults", "none");
	(void)shop_sweep(&f->shop, INT64_MAX); /* the beginning that was not heard of */
	assert_int_equal(tell(f, "GET", "/-/left", ""), 0);
	mem_free(bytes);
}

static void
what_is_kept_damaged_is_noticed(void **state)
{
	struct fixture *f = *state;
	const size_t size = 40000000;
	unsigned char *bytes = mem_new(size);

	(void)tell(f, "PUT", "/-/faults", "damaged");
	assert_refused(shop_put(&f->shop, "small", "content", 7), "ETag differs");
	(void)tell(f, "PUT", "/-/faults", "damaged");
	assert_refused(shop_put(&f->shop, "large", bytes, size), "ETag differs");
	assert_int_equal(tell(f, "GET", "/-/left", ""), 0); /* aborted */
	assert_is(shop_head(&f->shop, "large"), OBJECT_IS_NONE);
	mem_free(bytes);
}

static void
a_key_that_is_not_right_is_said_and_not_tried_again(void **state)
{
	struct fixture *f = *state;

	desk_port_free(f->shop.port);
	shop_deinit(&f->shop);
	open_shop(f, "wrong", NULL);
	assert_refused(shop_put(&f->shop, "a", "x", 1), "403 AccessDenied: as ordered");
	assert_refused(shop_list(&f->shop, "", NULL, 10), "403 AccessDenied");
}

/* What stays so is said, leaves nothing, and is over when it is over. */
static void
a_bucket_that_is_full_or_a_key_that_has_expired_is_said(void **state)
{
	struct fixture *f = *state;
	const size_t size = 20000000;
	unsigned char *bytes = mem_new(size);

	assert_is(shop_put(&f->shop, "before", "kept", 4), OBJECT_IS_DONE);
	(void)tell(f, "PUT", "/-/faults", "full");
	assert_refused(shop_put(&f->shop, "small", "x", 1), "507 InsufficientCapacity");
	assert_refused(shop_put(&f->shop, "large", bytes, size), "507 InsufficientCapacity");
	(void)tell(f, "PUT", "/-/faults", "expired");
	assert_refused(shop_put(&f->shop, "small", "x", 1), "403 ExpiredToken");
	assert_refused(shop_list(&f->shop, "", NULL, 10), "403 ExpiredToken");
	assert_refused(shop_head(&f->shop, "before"), "403"); /* and not: there is none */
	(void)tell(f, "PUT", "/-/faults", "none");
	assert_content(&f->shop, "before", "kept", 4);
	assert_int_equal(shop_list(&f->shop, "", NULL, 10)->as.object->entry_count, 1);
	assert_int_equal(tell(f, "GET", "/-/left", ""), 0);
	mem_free(bytes);
}

/* Of two clocks that differ the server's counts. */
static void
a_clock_that_is_wrong_is_learnt_and_signed_with(void **state)
{
	struct fixture *f = *state;
	struct duration ahead;

	(void)tell(f, "PUT", "/-/faults", "skewed");
	assert_is(shop_put(&f->shop, "a", "x", 1), OBJECT_IS_DONE);
	assert_content(&f->shop, "a", "x", 1);
	assert_true(objects_s3_skew(f->shop.port, &ahead));
	assert_true(ahead.ms > 86300000 && ahead.ms < 86500000);
}

/* What the server did and we are not told, or told wrong, with a server that others wrote. */
static void
what_goes_wrong_before_a_server_of_others_does_no_harm(void **state)
{
	static const char *const faults[] = { "unheard", "error_200" };
	struct fixture *f = *state;
	CLEANUP(text_freep) char *script = text_format("%s/s3_fake.py", source_directory);
	char real[8], number[8];
	pid_t server = f->server;

	if (server == 0) {
		text_freep(&script);
		skip(); /* it is not installed: tools/setup.sh test */
	}
	desk_port_free(f->shop.port);
	shop_deinit(&f->shop);
	(void)snprintf(real, sizeof real, "%d", f->port);
	f->port = free_port();
	(void)snprintf(number, sizeof number, "%d", f->port);
	open_shop(f, f->kept[0] != '\0' ? "roostkey" : "key", "inst/");
	assert_true(start(f, (char *[]){ "python3", script, number, real, NULL }));
	for (size_t i = 0; i < ELEMENTS(faults); i++) {
		(void)tell(f, "PUT", "/-/faults", faults[i]);
		it_does_what_every_store_does(&f->shop, f->directory);
		(void)tell(f, "PUT", "/-/faults", "none");
		assert_is(shop_remove(&f->shop, "m/manifest"), OBJECT_IS_DONE);
		(void)nftw(f->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
		assert_int_equal(mkdir(f->directory, 0700), 0);
	}
	(void)kill(f->server, SIGKILL);
	(void)waitpid(f->server, NULL, 0);
	f->server = server;
}

static void
a_server_that_is_not_there_is_said(void **state)
{
	struct fixture *f = *state;

	(void)kill(f->server, SIGKILL);
	(void)waitpid(f->server, NULL, 0);
	f->server = 0;
	assert_refused(shop_head(&f->shop, "a"), "nothing listens there");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bucket_is_a_store),
		TEST(what_goes_wrong_once_with_every_call_does_no_harm),
		TEST(what_is_answered_too_late_does_no_harm),
		TEST(what_is_kept_damaged_is_noticed),
		TEST(a_key_that_is_not_right_is_said_and_not_tried_again),
		TEST(a_bucket_that_is_full_or_a_key_that_has_expired_is_said),
		TEST(a_clock_that_is_wrong_is_learnt_and_signed_with),
		TEST(a_server_that_is_not_there_is_said),
		{ "what_goes_wrong_before_moto_does_no_harm",
		  what_goes_wrong_before_a_server_of_others_does_no_harm, set_up_moto, tear_down,
		  NULL },
		{ "what_goes_wrong_before_versitygw_does_no_harm",
		  what_goes_wrong_before_a_server_of_others_does_no_harm, set_up_versitygw,
		  tear_down, NULL },
		{ "a_bucket_of_moto_is_a_store", a_bucket_of_another_server_is_a_store, set_up_moto,
		  tear_down, NULL },
		{ "a_bucket_of_versitygw_is_a_store", a_bucket_of_another_server_is_a_store,
		  set_up_versitygw, tear_down, NULL },
	};

	source_directory = argc > 1 ? argv[1] : ".";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
