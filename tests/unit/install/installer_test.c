/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/exchange.h"
#include "install/installer.h"
#include "host.h"
#include "model/mirror.h"
#include "sys/files.h"

#define JAR	 "not really a jar\n"
#define JAR_SHA1 "af7dfce8850ad15f2d32bbace693f5e5b08dba0e"

static const struct page pages[] = {
	{ .path = "/meta/manifest.json",
	  .body = "{\"latest\": {\"release\": \"1.21\"}, \"versions\": ["
		  "{\"id\": \"1.21\", \"url\": \"https://meta.example.org/1.21.json\"},"
		  "{\"id\": \"1.20\", \"url\": \"https://meta.example.org/1.20.json\"}]}" },
	{ .path = "/meta/1.21.json",
	  .body = "{\"downloads\": {\"server\": {\"url\": \"https://data.example.org/server.jar\","
		  "\"size\": 17}}, \"javaVersion\": {\"majorVersion\": 21}}" },
	{ .path = "/data/server.jar", .body = JAR },
	{ .path = "/data/short.jar", .body = "not really", .said = 17 },
	{ .path = "/data/moved.jar",
	  .status = "302 Found",
	  .header = "Location: https://data.example.org/server.jar" },
	{ .path = "/data/near.jar", .status = "301 Moved", .header = "Location: server.jar" },
	{ .path = "/data/round.jar", .status = "302 Found", .header = "Location: /round.jar" },
	{ .path = "/data/down.jar",
	  .status = "302 Found",
	  .header = "Location: http://data.example.org/server.jar" },
	{ .path = "/data/not.json", .body = "<html>" },
	{ .path = "/data/drip.jar",
	  .body = "a host that gives a byte now and then",
	  .drip_ms = 40 },
	{ .path = NULL },
};

struct place {
	char directory[64];
	struct mirror *mirror;
	struct downloader *downloader;
	struct installer_watch watch;
	char said[REASON_LIMIT + 1];
};

static struct place *
place_new(void)
{
	struct place *place = mem_new(sizeof *place);
	char *mirrors[3] = { NULL };
	struct downloader_options options = { .fetch = { .user_agent = "roost/test" },
					      .mirrors = mirrors };

	(void)text_put(place->directory, sizeof place->directory, "/tmp/roost-install-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	place->mirror = mirror_new(pages);
	mirrors[0] = text_format("meta.example.org=http://127.0.0.1:%u/meta/",
				 mirror_port(place->mirror));
	mirrors[1] = text_format("data.example.org=http://127.0.0.1:%u/data",
				 mirror_port(place->mirror));
	place->downloader = downloader_new(&options);
	mem_free(mirrors[0]);
	mem_free(mirrors[1]);
	return place;
}

static void
place_free(struct place *place)
{
	CLEANUP(text_freep) char *command = text_format("rm -r '%s'", place->directory);
	FILE *gone = popen(command, "r");

	assert_non_null(gone);
	(void)pclose(gone);
	downloader_free(place->downloader);
	mirror_free(place->mirror);
	mem_free(place);
}

/* Carry out these steps (JSON with ' for ") with these values. */
static int
install(struct place *place, const char *steps, const char *values)
{
	CLEANUP(text_freep) char *steps_text = text_copy(steps);
	CLEANUP(text_freep) char *values_text = text_copy(values);
	CLEANUP(json_freep) json_t *list = NULL;
	struct preparation preparation;
	struct spec_error errors[4];
	struct complaints complaints = { .errors = errors, .max = 4 };
	const struct installer_order order = { .directory = place->directory,
					       .preparation = &preparation,
					       .downloader = place->downloader,
					       .watch = &place->watch };
	int r;

	for (char *c = steps_text; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	for (char *c = values_text; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	list = json_loads(steps_text, 0, NULL);
	assert_non_null(list);
	preparation_read(NULL, list, "", &complaints, &preparation);
	if (complaints.count > 0)
		fail_msg("%s: %s", errors[0].pointer, errors[0].detail);
	json_decref(preparation.values);
	preparation.values = json_loads(values_text, 0, NULL);
	assert_non_null(preparation.values);
	r = installer_run(&order, place->said);
	preparation_deinit(&preparation);
	return r;
}

static bool
has(struct place *place, const char *path, const char *content)
{
	CLEANUP(text_freep) char *whole = text_format("%s/%s", place->directory, path);
	CLEANUP(buf_deinit) struct buf is = BUF_NULL;

	return file_read(AT_FDCWD, whole, 1 << 20, &is) == 0 && strcmp(buf_text(&is), content) == 0;
}

static void
assert_said(struct place *place, const char *part)
{
	if (strstr(place->said, part) == NULL)
		fail_msg("'%s' does not say '%s'", place->said, part);
}

#define WHOLE                                                                                   \
	"[{'do': 'fetch', 'url': 'https://meta.example.org/manifest.json',"                     \
	"  'pick': {'release': ['latest', 'release']}, 'when': {'version': 'latest'}},"         \
	" {'do': 'let', 'values': {'release': '${version}'}, 'unless': {'version': 'latest'}}," \
	" {'do': 'fetch', 'url': 'https://meta.example.org/manifest.json',"                     \
	"  'pick': {'about': ['versions', {'id': '${release}'}, 'url']},"                       \
	"  'say': 'Choose another version.'},"                                                  \
	" {'do': 'fetch', 'url': '${about}', 'pick': {'jar': ['downloads', 'server', 'url']}}," \
	" {'do': 'download', 'url': '${jar}', 'to': 'lib/server.jar', 'sha1': '" JAR_SHA1 "'}]"

static void
a_version_is_found_by_a_manifest_and_downloaded(void **unused)
{
	struct place *place = place_new();
	int r = install(place, WHOLE, "{'version': 'latest'}");

	(void)unused;
	if (r != 0)
		fail_msg("%s", place->said);
	assert_string_equal(place->said, "");
	assert_true(has(place, "lib/server.jar", JAR));
	place_free(place);
}

static void
the_same_again_does_nothing(void **unused)
{
	struct place *place = place_new();
	unsigned asked;

	(void)unused;
	assert_int_equal(install(place, WHOLE, "{'version': '1.21', 'motd': 'a'}"), 0);
	asked = mirror_asked(place->mirror);
	assert_int_equal(install(place, WHOLE, "{'version': '1.21', 'motd': 'b'}"), 1);
	assert_int_equal(mirror_asked(place->mirror), asked);
	place_free(place);
}

static void
other_values_install_anew_and_leave_the_world_alone(void **unused)
{
	struct place *place = place_new();
	CLEANUP(text_freep) char *world = text_format("%s/world.dat", place->directory);

	(void)unused;
	assert_int_equal(install(place, WHOLE, "{'version': '1.21'}"), 0);
	assert_int_equal(file_write(AT_FDCWD, world, "mine", 4, FILE_SURVIVES_PROCESS), 0);
	assert_true(install(place, WHOLE, "{'version': '1.20'}") < 0);
	assert_true(has(place, "world.dat", "mine"));
	/* The one that failed does not count, so the one before is done again. */
	assert_int_equal(install(place, WHOLE, "{'version': '1.21'}"), 0);
	place_free(place);
}

static void
what_was_deleted_is_installed_again(void **unused)
{
	struct place *place = place_new();
	CLEANUP(text_freep) char *jar = text_format("%s/lib/server.jar", place->directory);

	(void)unused;
	assert_int_equal(install(place, WHOLE, "{'version': '1.21'}"), 0);
	assert_int_equal(unlink(jar), 0);
	assert_int_equal(install(place, WHOLE, "{'version': '1.21'}"), 0);
	assert_true(has(place, "lib/server.jar", JAR));
	place_free(place);
}

static void
what_is_forgotten_is_installed_again(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	assert_int_equal(installer_forget("/tmp/roost-install-is-not-there"), 0);
	assert_int_equal(install(place, WHOLE, "{'version': '1.21'}"), 0);
	assert_int_equal(installer_forget(place->directory), 0);
	assert_int_equal(install(place, WHOLE, "{'version': '1.21'}"), 0);
	place_free(place);
}

static void
an_unknown_version_says_what_to_do(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	assert_true(install(place, WHOLE, "{'version': '0.1'}") < 0);
	assert_said(place, "has no");
	assert_said(place, "Choose another version.");
	place_free(place);
}

#define GET(url, more) \
	"[{'do': 'download', 'title': 'Get it', 'url': '" url "', 'to': 'a.jar', " more "}]"

static void
a_file_with_another_checksum_is_thrown_away(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	assert_true(install(place,
			    GET("https://data.example.org/server.jar",
				"'sha1': '0000000000000000000000000000000000000000'"),
			    "{}") < 0);
	assert_said(place, "'Get it'");
	assert_said(place, "SHA-1");
	assert_false(has(place, "a.jar", JAR));
	assert_false(has(place, ".roost-new", JAR));
	place_free(place);
}

static void
a_file_without_a_checksum_is_told(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	assert_int_equal(install(place,
				 GET("https://data.example.org/server.jar", "'unchecked': true"),
				 "{}"),
			 0);
	assert_said(place, "'a.jar' was not checked");
	assert_true(has(place, "a.jar", JAR));
	place_free(place);
}

static void
downloads_that_go_wrong_leave_nothing(void **unused)
{
	static const struct {
		const char *steps, *says;
	} table[] = {
		{ GET("https://data.example.org/none.jar", "'unchecked': true"), "404" },
		{ GET("https://data.example.org/short.jar", "'unchecked': true"),
		  "no whole answer" },
		{ GET("https://data.example.org/round.jar", "'unchecked': true"), "on and on" },
		{ GET("https://data.example.org/down.jar", "'unchecked': true"), "https://" },
		{ GET("http://data.example.org/server.jar", "'unchecked': true"), "https://" },
		{ GET("https://127.0.0.1:1/server.jar", "'unchecked': true"),
		  "an address of this machine" },
		{ GET("https://data.example.org/server.jar", "'unchecked': true, 'most': '16B'"),
		  "larger than 16" },
		{ "[{'do': 'fetch', 'url': 'https://data.example.org/not.json', 'pick': {'a': "
		  "['b']}}]",
		  "not the JSON" },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(table); i++) {
		struct place *place = place_new();

		assert_true(install(place, table[i].steps, "{}") < 0);
		assert_said(place, table[i].says);
		assert_false(has(place, "a.jar", JAR));
		place_free(place);
	}
}

static void
redirects_are_followed(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	assert_int_equal(install(place,
				 GET("https://data.example.org/moved.jar",
				     "'sha1': '" JAR_SHA1 "', 'executable': true"),
				 "{}"),
			 0);
	assert_int_equal(
		install(place, GET("https://data.example.org/near.jar", "'unchecked': true"), "{}"),
		0);
	assert_true(has(place, "a.jar", JAR));
	place_free(place);
}

static void
a_download_does_not_go_through_a_link(void **unused)
{
	struct place *place = place_new();
	CLEANUP(text_freep) char *link = text_format("%s/lib", place->directory);

	(void)unused;
	assert_int_equal(symlink("/tmp", link), 0);
	assert_true(install(place, WHOLE, "{'version': '1.21'}") < 0);
	assert_said(place, "link");
	assert_int_equal(access("/tmp/server.jar", F_OK), -1);
	place_free(place);
}

static void
a_licence_is_not_accepted_for_anybody(void **unused)
{
	static const char steps[] =
		"[{'do': 'accept', 'title': 'The licence', 'variable': 'eula', 'url': "
		"'https://example.org/eula'}]";
	struct place *place = place_new();

	(void)unused;
	assert_true(install(place, steps, "{'eula': false}") < 0);
	assert_said(place, "https://example.org/eula");
	assert_said(place, "eula: true");
	assert_true(install(place, steps, "{}") < 0);
	assert_true(install(place, steps, "{'eula': 'true'}") < 0);
	assert_int_equal(install(place, steps, "{'eula': true}"), 0);
	place_free(place);
}

#define NEED(program, least)                                            \
	"[{'do': 'need', 'command': [" program "], 'at_least': '" least \
	"', 'pattern': 'version 1[.]([0-9]+)|version ([0-9]+)',"        \
	"  'say': 'Install openjdk.'}]"

static void
a_program_is_asked_for_its_version(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	assert_int_equal(install(place, NEED("'echo', 'openjdk version 21.0.2'", "21"), "{}"), 0);
	assert_int_equal(install(place, NEED("'echo', 'java version 1.8.0_392'", "8"), "{}"), 0);
	assert_true(install(place, NEED("'echo', 'openjdk version 17.0.9'", "21"), "{}") < 0);
	assert_said(place, "version 17, and at least 21");
	assert_said(place, "Install openjdk.");
	assert_true(install(place, NEED("'no-such-program-here'", "21"), "{}") < 0);
	assert_said(place, "is not on this machine. Install openjdk.");
	assert_true(install(place, NEED("'echo', 'hello'", "21"), "{}") < 0);
	assert_said(place, "does not say");
	place_free(place);
}

static void
a_program_runs_in_the_directory_and_is_logged(void **unused)
{
	struct place *place = place_new();
	CLEANUP(buf_deinit) struct buf log = BUF_NULL;
	CLEANUP(text_freep) char *path = text_format("%s/.roost/install.log", place->directory);

	(void)unused;
	assert_int_equal(install(place,
				 "[{'do': 'run', 'command': ['sh', '-c', 'echo made > it; echo "
				 "said; echo told >&2; env']}]",
				 "{}"),
			 0);
	assert_true(has(place, "it", "made\n"));
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &log), 0);
	assert_non_null(strstr(buf_text(&log), "said\ntold\n"));
	assert_non_null(strstr(buf_text(&log), "HOME=/tmp/roost-install-"));
	assert_null(strstr(buf_text(&log), "ROOST_"));
	place_free(place);
}

static void
a_program_that_fails_or_is_late_fails_the_step(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	assert_true(install(place, "[{'do': 'run', 'command': ['sh', '-c', 'exit 3']}]", "{}") < 0);
	assert_said(place, "exit status 3");
	assert_true(install(place, "[{'do': 'run', 'command': ['sh', '-c', 'kill -9 $$']}]", "{}") <
		    0);
	assert_said(place, "signal 9");
	assert_true(install(place, "[{'do': 'run', 'command': ['sleep', '1000'], 'within': '1s'}]",
			    "{}") < 0);
	assert_said(place, "was not done within 1 s");
	place_free(place);
}

static void
what_is_given_up_says_so(void **unused)
{
	struct place *place = place_new();

	(void)unused;
	atomic_store(&place->watch.cancelled, true);
	assert_true(install(place, WHOLE, "{'version': '1.21'}") < 0);
	assert_said(place, "it was given up");
	place_free(place);
}

static void
mirrors_stand_in_for_whole_hosts_only(void **unused)
{
	static char one[] = "a.example.org=http://127.0.0.1:9/a/", two[] = "nonsense";
	char *const mirrors[] = { two, one, NULL };
	static const struct {
		const char *url, *mirror;
	} table[] = {
		{ "https://a.example.org/x?y=1", "http://127.0.0.1:9/a/x?y=1" },
		{ "https://A.Example.org/x", "http://127.0.0.1:9/a/x" },
		{ "https://a.example.org", "http://127.0.0.1:9/a" },
		{ "https://a.example.org:444/x", NULL },
		{ "https://b.example.org/x", NULL },
		{ "https://a.example.org.evil.org/x", NULL },
		{ "http://a.example.org/x", NULL },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(table); i++) {
		CLEANUP(text_freep) char *mirror = mirror_of(mirrors, table[i].url);

		assert_true(text_equal(mirror, table[i].mirror));
	}
}

static int
take_nothing(struct exchange_sink *sink, const void *bytes, size_t length)
{
	(void)sink;
	(void)bytes;
	(void)length;
	return 0;
}

/* Each byte moves something; a whole of them would take this host four times as long. */
static void
a_host_that_gives_a_byte_now_and_then_holds_nobody_up(void **unused)
{
	struct place *place = place_new();
	struct fetch_options options = { .user_agent = "roost/test" };
	struct exchange *exchange = exchange_new(&options);
	CLEANUP(text_freep)
	char *url = text_format("http://127.0.0.1:%u/data/drip.jar", mirror_port(place->mirror));
	const struct http_order order = {
		.method = "GET", .url = url, .within = DURATION_MS(350), .reach = HTTP_REACH_ANY
	};
	struct exchange_sink sink = { .take = take_nothing };
	atomic_bool cancelled = false;
	struct reply reply = exchange_take(exchange, &order, &sink, &cancelled);

	(void)unused;
	assert_int_equal(reply.result, REPLY_UNKNOWN);
	assert_non_null(strstr(reply.reason, "in time"));
	reply_deinit(&reply);
	exchange_free(exchange);
	place_free(place);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_version_is_found_by_a_manifest_and_downloaded),
		cmocka_unit_test(the_same_again_does_nothing),
		cmocka_unit_test(other_values_install_anew_and_leave_the_world_alone),
		cmocka_unit_test(what_was_deleted_is_installed_again),
		cmocka_unit_test(what_is_forgotten_is_installed_again),
		cmocka_unit_test(an_unknown_version_says_what_to_do),
		cmocka_unit_test(a_file_with_another_checksum_is_thrown_away),
		cmocka_unit_test(a_file_without_a_checksum_is_told),
		cmocka_unit_test(downloads_that_go_wrong_leave_nothing),
		cmocka_unit_test(redirects_are_followed),
		cmocka_unit_test(a_download_does_not_go_through_a_link),
		cmocka_unit_test(a_licence_is_not_accepted_for_anybody),
		cmocka_unit_test(a_program_is_asked_for_its_version),
		cmocka_unit_test(a_program_runs_in_the_directory_and_is_logged),
		cmocka_unit_test(a_program_that_fails_or_is_late_fails_the_step),
		cmocka_unit_test(what_is_given_up_says_so),
		cmocka_unit_test(mirrors_stand_in_for_whole_hosts_only),
		cmocka_unit_test(a_host_that_gives_a_byte_now_and_then_holds_nobody_up),
	};
	int failed;

	exchange_start();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	exchange_stop();
	return failed;
}
