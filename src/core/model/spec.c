/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Declarations. The table reads every member; what one member means for another
 * (a `tcp` game needs a listener, a stop rule is a line or a signal) is checked
 * here, after the members are known to be right by themselves.
 */

#include "model/spec.h"

#include <signal.h>
#include <string.h>

#include "base/buf.h"
#include "model/config.h"
#include "model/preparation.h"
#include "model/schedule.h"
#include "model/setting.h"
#include "model/spec_backup.h"
#include "model/spec_datagram.h"
#include "model/spec_line.h"

static const char *const game_words[] = {
	"minecraft-java", "minecraft-bedrock", "source", "tcp", "udp", NULL
};
static const char *const provider_words[] = { "local", NULL };
static const char *const wake_on_words[] = { "join", "never", NULL };
static const char *const query_words[] = { "none", "a2s", NULL }; /* what may be declared */
static const char *const roster_words[] = { "open", "users", "listed", NULL };
static const char *const backup_policy_words[] = { "never", "before_sleep", NULL };
static const char *const backup_online_words[] = { "auto", "as_is", "no", NULL };
static const char *const uuids_words[] = { "auto", "online", "offline", NULL };
static const char *const op_tokens_words[] = { "off", "owner", NULL };

_Static_assert(ELEMENTS(game_words) == GAME_MAX + 1, "a game without a word");
_Static_assert(ELEMENTS(provider_words) == PROVIDER_MAX + 1, "a provider without a word");
_Static_assert(ELEMENTS(wake_on_words) == WAKE_ON_MAX + 1, "a wake_on without a word");
_Static_assert(ELEMENTS(query_words) == QUERY_PROTOCOL_MAX, "all but the one that nobody declares");
_Static_assert(ELEMENTS(uuids_words) == UUIDS_MAX + 1, "a kind of UUIDs without a word");
_Static_assert(ELEMENTS(op_tokens_words) == OP_TOKENS_MAX + 1, "a policy without a word");
_Static_assert(ELEMENTS(roster_words) == ROSTER_POLICY_MAX + 1, "a policy without a word");
_Static_assert(ELEMENTS(backup_policy_words) == BACKUP_POLICY_MAX + 1, "a policy without a word");
_Static_assert(ELEMENTS(backup_online_words) == BACKUP_ONLINE_MAX + 1, "a way without a word");

#define SETTING_OF struct server_spec
#include "model/setting_row.h"
static const struct setting rows[] = {
#include "model/server_setting.def"
};

static const struct setting_table table = { rows, ELEMENTS(rows) };

static const char *const beside[] = { "schedules", "preparation", "origin", NULL };

const struct setting_table *
server_settings(void)
{
	return &table;
}

const char *
game_word(enum game game)
{
	ASSERT(game < GAME_MAX);
	return game_words[game];
}

const char *
provider_word(enum provider_kind provider)
{
	ASSERT(provider < PROVIDER_MAX);
	return provider_words[provider];
}

const char *
roster_policy_word(enum roster_policy policy)
{
	ASSERT(policy < ROSTER_POLICY_MAX);
	return roster_words[policy];
}

const char *
op_tokens_word(enum op_tokens op_tokens)
{
	ASSERT(op_tokens < OP_TOKENS_MAX);
	return op_tokens_words[op_tokens];
}

bool
server_name_is_valid(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return length > 0 && length <= SERVER_NAME_LIMIT && name[length] == '\0';
}

/*
 * What a player may type, in lower case: a name, an address, `*.` and a name, or
 * `*`. A last dot means the same name and is dropped.
 */
static bool
host_normalize(char *host)
{
	size_t length = strlen(host);
	const char *rest = host;

	if (length > 1 && host[length - 1] == '.')
		host[--length] = '\0';
	for (char *c = host; *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	if (strcmp(host, "*") == 0)
		return true;
	if (text_starts_with(host, "*."))
		rest += 2;
	return *rest != '\0' && *rest != '.' && length <= HOST_MAX && strstr(rest, "..") == NULL &&
	       strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789-_.:") == strlen(rest);
}

static bool
hosts_hold(char *const *hosts, size_t count, const char *host)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(hosts[i], host) == 0)
			return true;
	}
	return false;
}

static size_t
texts_count(char *const *texts)
{
	size_t count = 0;

	while (texts != NULL && texts[count] != NULL)
		count++;
	return count;
}

static void
check_hosts(struct server_spec *spec, struct complaints *complaints)
{
	if (spec->game != GAME_MINECRAFT_JAVA) {
		if (texts_count(spec->hosts) > 0)
			complain(complaints, "/hosts",
				 "players of a %s game name no host; leave hosts out%s",
				 game_word(spec->game),
				 spec->game == GAME_TCP || game_is_datagrams(spec->game)
					 ? " and use listen"
					 : "");
		return;
	}
	if (spec->hosts == NULL) {
		spec->hosts = mem_new_array(2, sizeof *spec->hosts);
		spec->hosts[0] = text_copy(spec->name);
		return;
	}
	for (size_t i = 0; spec->hosts[i] != NULL; i++) {
		CLEANUP(text_freep) char *pointer = text_format("/hosts/%zu", i);

		if (!host_normalize(spec->hosts[i]))
			complain(complaints, pointer,
				 "not a host; expected a name such as play.example.org, "
				 "*.example.org, or * for every name left over");
		else if (hosts_hold(spec->hosts, i, spec->hosts[i]))
			complain(complaints, pointer, "%.100s stands here twice", spec->hosts[i]);
	}
}

static void
check_listen(const struct server_spec *spec, struct complaints *complaints)
{
	if ((spec->game == GAME_TCP || spec->game == GAME_UDP) && spec->listen_count == 0)
		complain(complaints, "/listen",
			 "a %s game needs a listener of its own at the gate, e.g. [\"[::]:5556\"]",
			 game_word(spec->game));
	if (spec->game == GAME_MINECRAFT_JAVA && spec->listen_count > 0)
		complain(complaints, "/listen",
			 "minecraft-java servers share gate.listen and are told apart by hosts; "
			 "leave listen out");
	for (size_t i = 0; i < spec->listen_count; i++) {
		CLEANUP(text_freep) char *pointer = text_format("/listen/%zu", i);

		if (endpoints_collide(&spec->listen[i], &spec->address))
			complain(complaints, pointer,
				 "the gate cannot listen where the game itself listens (address); "
				 "give the game another port");
		for (size_t j = 0; j < i; j++) {
			if (endpoints_collide(&spec->listen[i], &spec->listen[j]))
				complain(complaints, pointer, "overlaps /listen/%zu", j);
		}
	}
	if (spec->address.host[0] == '\0')
		complain(complaints, "/address",
			 "the host is missing; write 127.0.0.1:%u for a game on this machine",
			 (unsigned)spec->address.port);
}

static void
check_stop(struct server_spec *spec, struct complaints *complaints)
{
	if (spec->stop.console != NULL && spec->stop.signal != 0)
		complain(complaints, "/stop", "give either console or signal, not both");
	if (spec->stop.console != NULL || spec->stop.signal != 0)
		return;
	if (spec->game == GAME_MINECRAFT_JAVA || spec->game == GAME_MINECRAFT_BEDROCK)
		spec->stop.console = text_copy("stop");
	else if (spec->game == GAME_SOURCE && spec->rcon.address.port != 0)
		spec->stop.console = text_copy("quit");
	else
		spec->stop.signal = SIGTERM;
}

static bool
pairs_have(char *const *pairs, const char *pair)
{
	size_t length = strcspn(pair, "=") + 1;

	for (size_t i = 0; pairs != NULL && pairs[i] != NULL; i++) {
		if (strncmp(pairs[i], pair, length) == 0)
			return true;
	}
	return false;
}

static void
check_environment(const struct local_spec *local, struct complaints *complaints)
{
	char *const *files = local->environment_files;

	for (size_t i = 0; files != NULL && files[i] != NULL; i++) {
		size_t length = strcspn(files[i], "=");
		CLEANUP(text_freep)
		char *pointer = text_format("/local/environment_files/%.*s", (int)length, files[i]);

		if (files[i][length + 1] == '\0')
			complain(complaints, pointer, "names no file");
		else if (pairs_have(local->environment, files[i]))
			complain(complaints, pointer,
				 "stands in local.environment too; give it once");
		else if (text_starts_with(files[i], "ROOST_"))
			complain(complaints, pointer,
				 "variables that begin with ROOST_ are roost's own");
	}
}

static void
check_rest(const struct server_spec *spec, struct complaints *complaints)
{
	if (spec->local.command[0][0] == '\0')
		complain(complaints, "/local/command/0", "the program's name is empty");
	if (spec->warn_command != NULL && strstr(spec->warn_command, "{text}") == NULL)
		complain(complaints, "/warn_command",
			 "must hold {text}, which is replaced by the warning, e.g. say {text}");
	if (spec->ready_line != NULL && spec->game != GAME_TCP && spec->game != GAME_UDP)
		complain(complaints, "/ready_line",
			 "only for tcp and udp games; a %s server is ready when it answers a "
			 "status ping",
			 game_word(spec->game));
	if (spec->policy.roster != ROSTER_OPEN && spec->game != GAME_MINECRAFT_JAVA)
		complain(complaints, "/policy/roster",
			 "players of a %s game tell the gate no name; leave it open",
			 game_word(spec->game));
	check_environment(&spec->local, complaints);
	spec_check_datagrams(spec, complaints);
	if (spec->policy.op_tokens != OP_TOKENS_OFF && spec->game != GAME_MINECRAFT_JAVA)
		complain(complaints, "/policy/op_tokens", "only for minecraft-java; leave it off");
}

static void
check_rcon(const struct server_spec *spec, struct complaints *complaints)
{
	bool has_address = spec->rcon.address.port != 0;

	if (has_address && spec->rcon.address.host[0] == '\0')
		complain(complaints, "/rcon/address",
			 "the host is missing; write 127.0.0.1:%u for a game on this machine",
			 (unsigned)spec->rcon.address.port);
	if (has_address && spec->rcon.password_file == NULL)
		complain(complaints, "/rcon/password_file",
			 "is missing: RCON is open to nobody without its password");
	if (!has_address && spec->rcon.password_file != NULL)
		complain(complaints, "/rcon/address", "is missing: where does it take commands?");
}

static void
read_preparation(const json_t *from, struct complaints *complaints, struct server_spec *spec)
{
	const json_t *values = json_object_get(from, "values");

	if (from == NULL || json_is_null(from))
		return;
	if (!json_is_object(from) || (values != NULL && !json_is_object(values))) {
		complain(complaints, "/preparation", "expected {files, install, values}");
		return;
	}
	spec->preparation = mem_new(sizeof *spec->preparation);
	preparation_read(json_object_get(from, "files"), json_object_get(from, "install"),
			 "/preparation", complaints, spec->preparation);
	json_object_update(spec->preparation->values, (json_t *)values);
}

static void
read_origin(const json_t *from, struct complaints *complaints, struct server_spec *spec)
{
	if (from == NULL || json_is_null(from))
		return;
	if (!server_name_is_valid(json_get_text(from, "template", "")))
		complain(complaints, "/origin", "is roost's own: which template it came from");
	else
		spec->origin = json_deep_copy(from);
}

size_t
spec_parse(const json_t *document, const char *base_directory, struct spec_error *errors,
	   size_t max, struct server_spec **ret_spec)
{
	CLEANUP(spec_freep) struct server_spec *spec = mem_new(sizeof *spec);
	struct complaints complaints = { .errors = errors, .max = max };

	settings_init(&table, spec);
	settings_read(&table, document, "", beside, &complaints, spec);
	schedules_read(json_object_get(document, "schedules"), "/schedules", &complaints,
		       &spec->schedules, &spec->schedule_count);
	read_preparation(json_object_get(document, "preparation"), &complaints, spec);
	read_origin(json_object_get(document, "origin"), &complaints, spec);
	if (complaints.count > 0)
		return complaints.count;
	check_hosts(spec, &complaints);
	check_listen(spec, &complaints);
	check_stop(spec, &complaints);
	check_rest(spec, &complaints);
	check_rcon(spec, &complaints);
	spec_backup_check(spec, &complaints);
	spec_lines_check(spec, &complaints);
	if (complaints.count > 0)
		return complaints.count;
	settings_make_absolute(&table, spec, base_directory);
	*ret_spec = TAKE(spec);
	return 0;
}

json_t *
spec_json(const struct server_spec *spec)
{
	json_t *json = settings_json(&table, spec);

	ASSERT(json_object_set_new(json, "schedules",
				   schedules_json(spec->schedules, spec->schedule_count)) == 0);
	if (spec->preparation != NULL)
		ASSERT(json_object_set_new(json, "preparation",
					   preparation_json(spec->preparation)) == 0);
	if (spec->origin != NULL)
		ASSERT(json_object_set_new(json, "origin", json_deep_copy(spec->origin)) == 0);
	return json;
}

void
spec_free(struct server_spec *spec)
{
	if (spec == NULL)
		return;
	schedules_free(spec->schedules, spec->schedule_count);
	preparation_free(spec->preparation);
	json_decref(spec->origin);
	settings_deinit(&table, spec);
	mem_free(spec);
}

void
spec_freep(struct server_spec **spec)
{
	spec_free(*spec);
	*spec = NULL;
}
