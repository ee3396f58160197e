/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration: the file's text becomes a tree, the table reads the tree,
 * the environment is laid over it, servers are parsed as declarations, and then
 * what must fit together is checked. Errors are found by pointer and told by
 * line; all of them, since a restart per mistake is no way to learn.
 */

#include "model/config.h"

#include <stdio.h>
#include <string.h>

#include "model/mirror.h"
#include "model/store.h"
#include "model/config_template.h"
#include "model/tree.h"
#include "model/websocket.h"

#define SETTING_OF struct config
#include "model/setting_row.h"
static const struct setting rows[] = {
#include "model/setting.def"
};

static const struct setting_table table = { rows, ELEMENTS(rows) };

const struct setting_table *
config_settings(void)
{
	return &table;
}

/* What the file has that is no setting: lists, read below. */
static const char *const beside[] = { "servers", "templates", "stores", "websocket.endpoints",
				      NULL };

/* A reading under way: what was found wrong so far. */
struct reading {
	const struct config_source *source;
	struct config_error *errors;
	size_t count;
	struct config *config;
	struct tree tree;	   /* of the file */
	char servers_variable[16]; /* "ROOST_SERVERS" when the servers come from there */
};

static struct config_error *
error_new(struct reading *r)
{
	struct config_error *error;

	if (r->count == CONFIG_ERRORS_LIMIT)
		return NULL;
	error = &r->errors[r->count++];
	memset(error, 0, sizeof *error);
	return error;
}

/* Something wrong in the file, or in what `variable` holds. */
static void
tell(struct reading *r, const char *variable, const char *pointer, const char *detail)
{
	struct config_error *error = error_new(r);

	if (error == NULL)
		return;
	(void)text_put(error->variable, sizeof error->variable, variable);
	(void)text_put(error->pointer, sizeof error->pointer, pointer);
	(void)text_put(error->detail, sizeof error->detail, detail);
	if (*variable == '\0')
		tree_find(&r->tree, pointer, &error->line, &error->column);
}

static bool
read_tree(struct reading *r, const char *text, size_t length, const char *variable,
	  struct tree *ret_tree)
{
	struct tree_error error = { .line = 0 };
	struct config_error *told;

	if (length > CONFIG_TEXT_LIMIT) {
		(void)snprintf(error.detail, sizeof error.detail, "is larger than %d bytes",
			       CONFIG_TEXT_LIMIT);
	} else if (tree_read(text, length, ret_tree, &error)) {
		return true;
	}
	told = error_new(r);
	ASSERT(told != NULL);
	told->line = error.line;
	told->column = error.column;
	(void)text_put(told->variable, sizeof told->variable, variable);
	(void)text_put(told->pointer, sizeof told->pointer, error.pointer);
	(void)text_put(told->detail, sizeof told->detail, error.detail);
	return false;
}

static void
read_file(struct reading *r)
{
	struct spec_error errors[CONFIG_ERRORS_LIMIT];
	struct complaints complaints = { .errors = errors, .max = ELEMENTS(errors) };

	if (r->source->text == NULL ||
	    !read_tree(r, r->source->text, r->source->length, "", &r->tree) ||
	    json_is_null(r->tree.root))
		return;
	settings_read(&table, r->tree.root, "", beside, &complaints, r->config);
	config_templates_read(json_object_get(r->tree.root, "templates"), &complaints, r->config);
	for (size_t i = 0; i < complaints.count; i++)
		tell(r, "", errors[i].pointer, errors[i].detail);
}

static const char *
variable(const struct reading *r, const char *name)
{
	return r->source->variable != NULL ? r->source->variable(r->source->argument, name) : NULL;
}

/* Without the line end that editors and `echo` leave behind a secret. */
static char *
read_secret(struct reading *r, const char *name, const char *path)
{
	char *text = r->source->file != NULL ? r->source->file(r->source->argument, path) : NULL;

	if (text == NULL)
		tell(r, name, "", "the file it names cannot be read");
	else
		text[strcspn(text, "\r\n")] = '\0';
	return text;
}

static void
read_variable(struct reading *r, const struct setting *row, const char *name, const char *text)
{
	struct spec_error error;
	struct complaints complaints = { .errors = &error, .max = 1 };
	CLEANUP(json_freep) json_t *json = setting_from_text(row, text);

	if (json == NULL) {
		tell(r, name, "", "is not UTF-8 text");
		return;
	}
	setting_read(row, json, "", &complaints, r->config);
	if (complaints.count > 0)
		tell(r, name, error.pointer, error.detail);
}

/* An empty variable is one that is not set, except where empty is a value. */
static bool
is_given(const struct setting *row, const char *text)
{
	bool may_be_empty =
		(row->type == SETTING_TEXT || row->type == SETTING_LINES) && row->min == 0;

	return text != NULL && (*text != '\0' || may_be_empty);
}

/* What begins with ROOST_ and is no setting: the command line's, the tests', and lists. */
static const char *const other_variables[] = {
	"ROOST_CONFIG",	 "ROOST_URL",	"ROOST_TOKEN",	"ROOST_TOKEN_FILE",
	"ROOST_SERVERS", "ROOST_BUILD", "ROOST_STORES", "ROOST_WEBSOCKET_ENDPOINTS",
};

/* Kubernetes names every service to its containers; one may well be called roost. */
static bool
is_of_a_service(const char *name)
{
	return text_starts_with(name, "ROOST_SERVICE_") || text_starts_with(name, "ROOST_PORT");
}

#define VARIABLES_LIMIT 512 /* twice the settings, and the others */

/* All names that mean something; the texts of settings are in `room`. */
static size_t
known_variables(char room[static VARIABLES_LIMIT][SETTING_VARIABLE_SIZE + 8],
		const char *known[static VARIABLES_LIMIT])
{
	size_t count = 0;

	ASSERT(2 * table.count + ELEMENTS(other_variables) <= VARIABLES_LIMIT);
	for (size_t i = 0; i < table.count; i++) {
		char name[SETTING_VARIABLE_SIZE];

		setting_variable(&table.rows[i], name);
		(void)text_put(room[count], sizeof room[count], name);
		known[count] = room[count];
		count++;
		if ((table.rows[i].flags & SETTING_SECRET) == 0)
			continue;
		(void)snprintf(room[count], sizeof room[count], "%s_FILE", name);
		known[count] = room[count];
		count++;
	}
	for (size_t i = 0; i < ELEMENTS(other_variables); i++)
		known[count++] = other_variables[i];
	return count;
}

static bool
is_among(const char *name, const char *const *known, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, known[i]) == 0)
			return true;
	}
	return false;
}

/* A slip of the pen in the environment is refused like one in the file. */
static void
check_variables(struct reading *r)
{
	char(*room)[SETTING_VARIABLE_SIZE + 8] = mem_new_array(VARIABLES_LIMIT, sizeof *room);
	const char **known = mem_new_array(VARIABLES_LIMIT, sizeof *known);
	size_t count = known_variables(room, known);
	const char *name, *near;

	for (size_t i = 0; r->source->variable_at != NULL &&
			   (name = r->source->variable_at(r->source->argument, i)) != NULL;
	     i++) {
		CLEANUP(text_freep) char *detail = NULL;
		char clean[SETTING_VARIABLE_SIZE + 8];

		if (!text_starts_with(name, "ROOST_") || is_of_a_service(name) ||
		    is_among(name, known, count))
			continue;
		text_clean(clean, sizeof clean, name, strlen(name));
		near = word_suggest(name, known, count);
		detail = near != NULL ? text_format("not a setting; did you mean %s?", near)
				      : text_copy("not a setting; `roost help settings` lists "
						  "them. Unset it");
		tell(r, clean, "", detail);
	}
	mem_free(known);
	mem_free(room);
}

static void
read_environment(struct reading *r)
{
	for (size_t i = 0; i < table.count; i++) {
		const struct setting *row = &table.rows[i];
		char name[SETTING_VARIABLE_SIZE], file_name[SETTING_VARIABLE_SIZE + 8];
		const char *text, *path = NULL;
		CLEANUP(text_freep) char *secret = NULL;

		setting_variable(row, name);
		(void)snprintf(file_name, sizeof file_name, "%s_FILE", name);
		text = variable(r, name);
		if (row->flags & SETTING_SECRET)
			path = variable(r, file_name);
		if (path != NULL && *path != '\0') {
			if (is_given(row, text)) {
				tell(r, file_name, "",
				     "is set beside the variable without _FILE; give one");
				continue;
			}
			secret = read_secret(r, file_name, path);
			if (secret != NULL)
				read_variable(r, row, file_name, secret);
		} else if (is_given(row, text)) {
			read_variable(r, row, name, text);
		}
	}
}

/* What platforms set to say which port is ours: PORT, or SERVER_PORT as game panels have it. */
static void
read_port(struct reading *r)
{
	static const char *const names[] = { "PORT", "SERVER_PORT" };

	for (size_t i = 0; i < ELEMENTS(names); i++) {
		const char *text = variable(r, names[i]);
		CLEANUP(text_freep) char *endpoint = NULL;
		struct endpoint e;

		if (text == NULL || *text == '\0')
			continue;
		endpoint = text_format("x:%s", text);
		if (endpoint_parse(endpoint, &e) && strchr(text, ':') == NULL)
			r->config->http.listen.port = e.port;
		else
			tell(r, names[i], "", "not a port; expected a number, 0 to 65535");
		return;
	}
}

static void
read_server(struct reading *r, const json_t *document, size_t index)
{
	struct spec_error errors[CONFIG_ERRORS_LIMIT];
	struct server_spec *spec = NULL;
	size_t count = config_server_parse(r->config, document, r->source->base_directory, errors,
					   ELEMENTS(errors), &spec);

	for (size_t i = 0; i < count; i++) {
		CLEANUP(text_freep)
		char *pointer = text_format("/servers/%zu%s", index, errors[i].pointer);

		tell(r, r->servers_variable, pointer, errors[i].detail);
	}
	if (spec == NULL)
		return;
	for (size_t i = 0; i < r->config->server_count; i++) {
		CLEANUP(text_freep) char *pointer = NULL;

		if (!spec_conflicts(spec, r->config->servers[i], &errors[0]))
			continue;
		pointer = text_format("/servers/%zu%s", index, errors[0].pointer);
		tell(r, r->servers_variable, pointer, errors[0].detail);
	}
	r->config->servers[r->config->server_count++] = spec;
}

/* A list of the file, or of the variable in its place, which is YAML as well. */
struct listed {
	const json_t *list;   /* or NULL */
	const char *variable; /* "" = the file */
	struct tree tree;
};

static bool
find_list(struct reading *r, const char *name, const json_t *in_file, struct listed *ret_listed)
{
	const char *text = variable(r, name);

	*ret_listed = (struct listed){ .list = in_file, .variable = "" };
	if (text == NULL || *text == '\0')
		return true;
	ret_listed->variable = name;
	if (r->count == CONFIG_ERRORS_LIMIT ||
	    !read_tree(r, text, strlen(text), name, &ret_listed->tree))
		return false;
	ret_listed->list = ret_listed->tree.root;
	return true;
}

static void
read_servers(struct reading *r)
{
	struct listed listed;
	const json_t *list;

	if (!find_list(r, "ROOST_SERVERS", json_object_get(r->tree.root, "servers"), &listed))
		return;
	list = listed.list;
	(void)text_put(r->servers_variable, sizeof r->servers_variable, listed.variable);
	if (list != NULL && !json_is_array(list) && !json_is_null(list)) {
		tell(r, r->servers_variable, "/servers", "expected a list of servers");
	} else if (json_array_size(list) > SERVERS_LIMIT) {
		tell(r, r->servers_variable, "/servers", "more servers than roost keeps (1000)");
	} else {
		r->config->servers =
			mem_new_array(json_array_size(list) + 1, sizeof *r->config->servers);
		for (size_t i = 0; i < json_array_size(list); i++)
			read_server(r, json_array_get(list, i), i);
	}
	tree_deinit(&listed.tree);
}

/* The lists whose tables stand elsewhere; their complaints, and where the list came from. */
static void
read_lists(struct reading *r)
{
	struct spec_error errors[CONFIG_ERRORS_LIMIT];
	struct complaints complaints = { .errors = errors, .max = ELEMENTS(errors) };
	const json_t *root = r->tree.root;
	struct config *c = r->config;
	struct listed endpoints, stores;
	size_t count = 0;

	if (find_list(r, "ROOST_WEBSOCKET_ENDPOINTS",
		      json_object_get(json_object_get(root, "websocket"), "endpoints"), &endpoints))
		websocket_endpoints_read(endpoints.list, "/websocket/endpoints", &complaints,
					 &c->websocket.endpoints, &c->websocket.endpoint_count);
	for (; count < complaints.count; count++)
		tell(r, endpoints.variable, errors[count].pointer, errors[count].detail);
	if (find_list(r, "ROOST_STORES", json_object_get(root, "stores"), &stores))
		stores_read(stores.list, "/stores", &complaints, &c->stores, &c->store_count);
	for (; count < complaints.count; count++)
		tell(r, stores.variable, errors[count].pointer, errors[count].detail);
	for (size_t i = 0; i < c->store_count; i++)
		settings_make_absolute(store_settings(), &c->stores[i], r->source->base_directory);
	tree_deinit(&endpoints.tree);
	tree_deinit(&stores.tree);
}

/* Where a setting came from, for errors found afterwards: its variable when that is set. */
static void
tell_setting(struct reading *r, const char *path, const char *detail)
{
	CLEANUP(text_freep) char *pointer = text_format("/%s", path);

	for (char *c = pointer; *c != '\0'; c++) {
		if (*c == '.')
			*c = '/';
	}
	for (size_t i = 0; i < table.count; i++) {
		char name[SETTING_VARIABLE_SIZE];

		if (strcmp(table.rows[i].path, path) != 0)
			continue;
		setting_variable(&table.rows[i], name);
		if (is_given(&table.rows[i], variable(r, name))) {
			tell(r, name, "", detail);
			return;
		}
	}
	tell(r, "", pointer, detail);
}

static void
check_texts(struct reading *r)
{
	struct config *c = r->config;

	if (!mirrors_are_valid(c->outbound.mirrors))
		tell_setting(r, "outbound.mirrors", MIRRORS_EXPECTED);
	/* The text may hold a password: it is not repeated. */
	if (text_starts_with(c->database, "postgres"))
		tell_setting(r, "database",
			     "PostgreSQL is not supported by this version; expected sqlite");
	else if (strcmp(c->database, "sqlite") != 0)
		tell_setting(r, "database", "not a database roost knows; expected sqlite");
	if (c->http.public_url[0] != '\0' && !text_starts_with(c->http.public_url, "http://") &&
	    !text_starts_with(c->http.public_url, "https://"))
		tell_setting(r, "http.public_url",
			     "expected an address such as https://games.example.org");
	while (text_ends_with(c->http.public_url, "/"))
		c->http.public_url[strlen(c->http.public_url) - 1] = '\0';
	if (c->push.subject[0] != '\0' && !text_starts_with(c->push.subject, "mailto:") &&
	    !text_starts_with(c->push.subject, "https://"))
		tell_setting(r, "push.subject",
			     "expected mailto: and an address of mail, or an https:// address");
	if (c->http.tls.certificate != NULL && c->http.tls.key == NULL)
		tell_setting(r, "http.tls.certificate", "needs http.tls.key beside it");
	if (c->http.tls.key != NULL && c->http.tls.certificate == NULL)
		tell_setting(r, "http.tls.key", "needs http.tls.certificate beside it");
}

static void
check_server_ports(struct reading *r, const struct endpoint *taken, const char *by)
{
	for (size_t i = 0; i < r->config->server_count; i++) {
		const struct server_spec *spec = r->config->servers[i];
		CLEANUP(text_freep)
		char *detail =
			text_format("%s already listens there; give the game another port", by);
		CLEANUP(text_freep) char *pointer = NULL;

		if (game_is_datagrams(spec->game)) /* UDP, where nothing of these is */
			continue;
		if (endpoints_collide(&spec->address, taken)) {
			pointer = text_format("/servers/%zu/address", i);
			tell(r, r->servers_variable, pointer, detail);
		}
		for (size_t j = 0; j < spec->listen_count; j++) {
			CLEANUP(text_freep) char *listen = NULL;

			if (!endpoints_collide(&spec->listen[j], taken))
				continue;
			listen = text_format("/servers/%zu/listen/%zu", i, j);
			tell(r, r->servers_variable, listen, detail);
		}
	}
}

/* Nobody listens where somebody else of ours does. */
static void
check_ports(struct reading *r)
{
	struct config *c = r->config;

	for (size_t i = 0; i < c->gate.listen_count; i++) {
		if (endpoints_collide(&c->gate.listen[i], &c->http.listen))
			tell_setting(r, "http.listen", "gate.listen already has this port");
		for (size_t j = 0; j < i; j++) {
			if (endpoints_collide(&c->gate.listen[i], &c->gate.listen[j]))
				tell_setting(r, "gate.listen", "has the same port twice");
		}
		check_server_ports(r, &c->gate.listen[i], "gate.listen");
	}
	check_server_ports(r, &c->http.listen, "http.listen");
}

/* By line; what has none (the environment) last. Insertion: there are few. */
static void
sort_errors(struct config_error *errors, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct config_error moved = errors[i];
		size_t j = i;

		for (; j > 0 && moved.line != 0 &&
		       (errors[j - 1].line == 0 || errors[j - 1].line > moved.line);
		     j--)
			errors[j] = errors[j - 1];
		errors[j] = moved;
	}
}

size_t
config_read(const struct config_source *source,
	    struct config_error errors[static CONFIG_ERRORS_LIMIT], struct config **ret_config)
{
	CLEANUP(config_freep) struct config *config = mem_new(sizeof *config);
	struct reading r = { .source = source, .errors = errors, .config = config };

	settings_init(&table, config);
	read_file(&r);
	settings_make_absolute(&table, config, source->base_directory);
	read_environment(&r);
	check_variables(&r);
	read_port(&r);
	read_servers(&r);
	read_lists(&r);
	if (r.count == 0) {
		check_texts(&r);
		check_ports(&r);
	}
	tree_deinit(&r.tree);
	sort_errors(errors, r.count);
	if (r.count == 0)
		*ret_config = TAKE(config);
	return r.count;
}

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	for (size_t i = 0; i < config->server_count; i++)
		spec_free(config->servers[i]);
	mem_free(config->servers);
	config_templates_free(config);
	websocket_endpoints_free(config->websocket.endpoints, config->websocket.endpoint_count);
	stores_free(config->stores, config->store_count);
	settings_deinit(&table, config);
	mem_free(config);
}

void
config_freep(struct config **config)
{
	config_free(*config);
	*config = NULL;
}

void
config_error_text(const struct config_error *error, const char *file,
		  char text[static CONFIG_ERROR_TEXT_SIZE])
{
	const char *colon = error->pointer[0] != '\0' ? ": " : "";

	if (error->variable[0] != '\0')
		(void)snprintf(text, CONFIG_ERROR_TEXT_SIZE, "%s%s%s: %s", error->variable, colon,
			       error->pointer, error->detail);
	else if (error->line != 0)
		(void)snprintf(text, CONFIG_ERROR_TEXT_SIZE, "%.150s:%u:%u%s%s: %s", file,
			       error->line, error->column, colon, error->pointer, error->detail);
	else
		(void)snprintf(text, CONFIG_ERROR_TEXT_SIZE, "%.150s%s%s: %s", file, colon,
			       error->pointer, error->detail);
}

void
config_compare(const struct config *before, const struct config *after, config_changed *changed,
	       void *argument)
{
	for (size_t i = 0; i < table.count; i++) {
		const struct setting *row = &table.rows[i];

		if (!setting_equal(row, before, after))
			changed(argument, row->path, (row->flags & SETTING_RELOAD) != 0);
	}
	if (!websocket_endpoints_equal(before->websocket.endpoints,
				       before->websocket.endpoint_count, after->websocket.endpoints,
				       after->websocket.endpoint_count))
		changed(argument, "websocket.endpoints", false);
	if (!stores_equal(before->stores, before->store_count, after->stores, after->store_count))
		changed(argument, "stores", false);
}
