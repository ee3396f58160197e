/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roost doctor: everything that has to be right on this machine, checked the way
 * the daemon would need it, and how to mend what is not.
 */

#include "cli/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/terminal.h"

static void
note(struct doctor *d, enum finding found, const char *check, const char *mend, const char *detail)
{
	static const char *const words[] = { "right", "wrong", "note" };
	char clean[512];
	json_t *finding = json_object();

	text_clean(clean, sizeof clean, detail, strlen(detail));
	json_set_text(finding, "check", check);
	json_set_text(finding, "found", words[found]);
	json_set_text(finding, "detail", clean);
	json_set_text(finding, "mend", mend);
	json_array_append_new(d->findings, finding);
	d->wrong += found == FOUND_WRONG;
}

void
found_right(struct doctor *d, const char *check, const char *format, ...)
{
	char detail[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(detail, sizeof detail, format, arguments);
	va_end(arguments);
	note(d, FOUND_RIGHT, check, NULL, detail);
}

void
found_note(struct doctor *d, const char *check, const char *format, ...)
{
	char detail[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(detail, sizeof detail, format, arguments);
	va_end(arguments);
	note(d, FOUND_NOTE, check, NULL, detail);
}

void
found_wrong(struct doctor *d, const char *check, const char *mend, const char *format, ...)
{
	char detail[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(detail, sizeof detail, format, arguments);
	va_end(arguments);
	note(d, FOUND_WRONG, check, mend, detail);
}

static void
check_configuration(struct doctor *d, const struct config_load *load)
{
	char text[CONFIG_ERROR_TEXT_SIZE];

	if (load->error < 0)
		found_wrong(d, "configuration",
			    "make the file readable, or name another with --config",
			    "cannot read %.200s: %s", load->path, strerror(-load->error));
	for (size_t i = 0; i < load->error_count; i++) {
		config_error_text(&load->errors[i],
				  load->path != NULL ? load->path : "configuration", text);
		found_wrong(d, "configuration",
			    "mend this line; `roost help settings` lists what may stand there",
			    "%.400s", text);
	}
	if (load->config == NULL)
		return;
	if (load->path != NULL)
		found_right(d, "configuration", "%.300s, %zu server%s in it", load->path,
			    load->config->server_count, load->config->server_count == 1 ? "" : "s");
	else
		found_note(d, "configuration",
			   "no file; defaults and the environment (roost.yaml, or --config FILE)");
}

static void
check_daemon(struct doctor *d, const struct invocation *in, bool located)
{
	CLEANUP(client_freep) struct client *client = NULL;
	CLEANUP(answer_deinit) struct answer ready = { .status = 0 };

	if (!located || client_new(in, &client) != EXIT_DONE) {
		found_wrong(d, "daemon", "mend the configuration, or set ROOST_DATA",
			    "cannot tell where it would be");
		return;
	}
	client_call(client, "GET", "/readyz", NULL, &ready);
	d->running = ready.status != 0;
	if (!d->running)
		found_wrong(d, "daemon", "start it with `roost serve`", "%s", ready.problem);
	else if (answer_is_good(&ready))
		found_right(d, "daemon", "answers at %.300s", client_place(client));
	else
		found_wrong(d, "daemon",
			    "look at what it printed; disk and database are checked below",
			    "answers at %.200s, but is not ready: %.200s", client_place(client),
			    ready.problem);
}

static void
print_finding(const json_t *finding)
{
	const char *found = json_get_text(finding, "found", "");
	const char *mend = json_get_text(finding, "mend", NULL);
	bool right = strcmp(found, "right") == 0, wrong = strcmp(found, "wrong") == 0;

	(void)printf("%s%s%s %-16s %s\n",
		     colour_begin(right	  ? COLOUR_GOOD
				  : wrong ? COLOUR_BAD
					  : COLOUR_QUIET),
		     right   ? "\xe2\x9c\x93"
		     : wrong ? "\xe2\x9c\x97"
			     : "-",
		     colour_end(), json_get_text(finding, "check", ""),
		     json_get_text(finding, "detail", ""));
	if (mend != NULL)
		(void)printf("  %-16s to mend: %s\n", "", mend);
}

static void
print_findings(const struct doctor *d, const struct invocation *in)
{
	json_t *finding;
	size_t i;

	if (invocation_has(in, "--json")) {
		print_json(d->findings);
		return;
	}
	json_array_foreach(d->findings, i, finding) print_finding(finding);
}

static int
run(const struct invocation *in)
{
	struct doctor d = { .findings = json_array() };
	struct config_load load;
	int status = EXIT_DONE;

	config_load(invocation_option(in, "--config"), &load);
	check_configuration(&d, &load);
	check_daemon(&d, in, load.config != NULL || getenv("ROOST_DATA") != NULL);
	check_clock(&d);
	if (load.config != NULL) {
		check_data(&d, load.config);
		check_ports(&d, load.config);
		check_gate(&d, load.config);
		check_limits(&d, load.config, in->parts);
		check_stores(&d, load.config, in->parts);
		check_worlds(&d, load.config);
		check_zones(&d, load.config, in);
		for (size_t i = 0; i < load.config->server_count; i++)
			check_server(&d, load.config->servers[i]);
	}
	print_findings(&d, in);
	if (d.wrong > 0)
		status = refused("%u of %zu checks failed; each says how to mend it", d.wrong,
				 json_array_size(d.findings));
	json_decref(d.findings);
	config_load_deinit(&load);
	return status;
}

const struct command doctor_command = {
	.name = "doctor",
	.words = "",
	.summary =
		"check this machine for everything roost needs, and say how to mend what is wrong",
	.about = "Looks at the configuration, the daemon, the clock, the data directory and its "
		 "disk, "
		 "every port, every store for backups, the time zones of schedules, and every "
		 "server's command, directory and "
		 "Java. Exit status 1 when "
		 "something is wrong. Run it as the user that runs roost.",
	.speaks = true,
	.run = run,
};
