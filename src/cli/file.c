/* SPDX-License-Identifier: Apache-2.0 */
/* Files and the configuration, for the command line: see the header. */

#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "sys/files.h"

#define SECRET_LIMIT 4096

int
file_slurp(const char *path, size_t limit, struct buf *ret_content)
{
	if (strcmp(path, "-") == 0)
		return fd_read(STDIN_FILENO, limit, ret_content);
	return file_read(AT_FDCWD, path, limit, ret_content);
}

char *
file_directory(const char *path)
{
	char whole[PATH_MAX];
	char *slash;

	if (realpath(path, whole) == NULL)
		return NULL;
	slash = strrchr(whole, '/');
	ASSERT(slash != NULL);
	return slash == whole ? text_copy("/") : text_copy_n(whole, (size_t)(slash - whole));
}

static char *
working_directory(void)
{
	char whole[PATH_MAX];

	return text_copy(getcwd(whole, sizeof whole) != NULL ? whole : "/");
}

const char *
config_path(const char *option)
{
	const char *variable = getenv("ROOST_CONFIG");

	if (option != NULL)
		return option;
	if (variable != NULL && *variable != '\0')
		return variable;
	return access("roost.yaml", F_OK) == 0 ? "roost.yaml" : NULL;
}

static const char *
on_variable(void *argument, const char *name)
{
	(void)argument;
	return getenv(name);
}

static const char *
on_variable_at(void *argument, size_t index)
{
	static char name[256];
	size_t at = 0;

	(void)argument;
	for (char **pair = environ; *pair != NULL; pair++) {
		if (strncmp(*pair, "ROOST_", 6) != 0 || at++ < index)
			continue;
		(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(*pair, "="), *pair);
		return name;
	}
	return NULL;
}

static char *
on_file(void *argument, const char *path)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;

	(void)argument;
	return file_slurp(path, SECRET_LIMIT, &content) == 0 ? buf_take_text(&content) : NULL;
}

void
config_load(const char *option, struct config_load *ret_load)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	struct config_source source = { .variable = on_variable,
					.variable_at = on_variable_at,
					.file = on_file };

	*ret_load = (struct config_load){ .path = config_path(option) };
	ret_load->base_directory =
		ret_load->path != NULL ? file_directory(ret_load->path) : working_directory();
	if (ret_load->path != NULL) {
		ret_load->error = file_slurp(ret_load->path, CONFIG_TEXT_LIMIT, &content);
		if (ret_load->error < 0)
			return;
		source.text = buf_text(&content);
		source.length = content.length;
	}
	source.base_directory = ret_load->base_directory;
	ret_load->error_count = config_read(&source, ret_load->errors, &ret_load->config);
}

void
config_load_deinit(struct config_load *load)
{
	config_free(load->config);
	mem_free(load->base_directory);
	*load = (struct config_load){ .config = NULL };
}

void
config_load_explain(const struct config_load *load)
{
	char text[CONFIG_ERROR_TEXT_SIZE];

	if (load->error < 0)
		(void)refused("cannot read %.200s: %s", load->path, strerror(-load->error));
	for (size_t i = 0; i < load->error_count; i++) {
		config_error_text(&load->errors[i],
				  load->path != NULL ? load->path : "configuration", text);
		(void)refused("%s", text);
	}
}
