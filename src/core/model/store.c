/* SPDX-License-Identifier: Apache-2.0 */
/* Stores: a table as everywhere, and that each is one thing or the other, whole. */

#include "model/store.h"

#include <stdio.h>
#include <string.h>

static const char *const style_words[] = { "path", "host", NULL };

#define SETTING_OF struct store_spec
#include "model/setting_row.h"
static const struct setting rows[] = {
#include "model/store_setting.def"
};

static const struct setting_table table = { rows, ELEMENTS(rows) };

const struct setting_table *
store_settings(void)
{
	return &table;
}

void
stores_free(struct store_spec *stores, size_t count)
{
	for (size_t i = 0; i < count; i++)
		settings_deinit(&table, &stores[i]);
	mem_free(stores);
}

bool
stores_equal(const struct store_spec *a, size_t a_count, const struct store_spec *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		for (size_t k = 0; k < table.count; k++)
			if (!setting_equal(&rows[k], &a[i], &b[i]))
				return false;
	return true;
}

bool
store_is_known(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->store_count; i++)
		if (strcmp(config->stores[i].name, name) == 0)
			return true;
	return strcmp(name, STORE_LOCAL) == 0;
}

char *
store_endpoint(const struct store_spec *store)
{
	return store->s3.endpoint != NULL
		       ? text_copy(store->s3.endpoint)
		       : text_format("https://s3.%s.amazonaws.com", store->s3.region);
}

/* ---- what members mean for each other ---- */

static const char name_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789-_.";

/* Scheme, host and perhaps a port; no path, nobody's name. */
static bool
endpoint_is_right(const char *endpoint)
{
	const char *host = strstr(endpoint, "://");

	if (!text_starts_with(endpoint, "http://") && !text_starts_with(endpoint, "https://"))
		return false;
	host += 3;
	return *host != '\0' && host[strspn(host, name_bytes)] != '/' &&
	       strpbrk(host, "/?#@ ") == NULL;
}

/* Names of a key with '/' between and behind them (port/objects.h). */
static bool
prefix_is_right(const char *prefix)
{
	for (const char *c = prefix; *c != '\0'; c++) {
		bool begins = c == prefix || c[-1] == '/';

		if ((*c != '/' && strchr(name_bytes, *c) == NULL) ||
		    (begins && (*c == '/' || *c == '.')))
			return false;
	}
	return true;
}

static void
say(struct complaints *complaints, const char *pointer, const char *name, const char *what)
{
	char where[POINTER_SIZE], whole[POINTER_SIZE];

	pointer_join(where, pointer, "s3");
	pointer_join(whole, where, name);
	complain(complaints, whole, "%s", what);
}

static void
check_secrets(const struct store_spec *store, const char *pointer, struct complaints *complaints)
{
	if (store->s3.key == NULL || strpbrk(store->s3.key, " /,") != NULL)
		say(complaints, pointer, "key",
		    "expected the access key's id (roost takes keys from nowhere else: not from "
		    "AWS_ACCESS_KEY_ID, not from a profile)");
	if ((store->s3.secret == NULL) == (store->s3.secret_file == NULL))
		say(complaints, pointer, "secret_file",
		    "expected the file that holds the secret, or `secret`; one of the two");
	if (store->s3.token != NULL && store->s3.token_file != NULL)
		say(complaints, pointer, "token_file", "is given beside `token`; give one");
}

static void
check_s3(struct store_spec *store, const char *pointer, struct complaints *complaints)
{
	if (store->s3.bucket == NULL ||
	    store->s3.bucket[strspn(store->s3.bucket, name_bytes)] != '\0')
		say(complaints, pointer, "bucket",
		    "expected the bucket's name: 3 to 63 of a-z, 0-9, '-' and '.'");
	if (store->s3.region[strspn(store->s3.region, name_bytes)] != '\0')
		say(complaints, pointer, "region", "expected a region such as eu-central-1");
	if (store->s3.endpoint != NULL && !endpoint_is_right(store->s3.endpoint))
		say(complaints, pointer, "endpoint",
		    "expected an address such as https://s3.example.org, without a path");
	if (store->s3.prefix != NULL && !prefix_is_right(store->s3.prefix))
		say(complaints, pointer, "prefix",
		    "expected names of letters, digits, '-', '_' and '.', with '/' between them");
	check_secrets(store, pointer, complaints);
}

/* What was left to us. */
static void
complete_s3(struct store_spec *store, const json_t *document)
{
	const json_t *s3 = json_object_get(document, "s3");
	char *prefix = store->s3.prefix;

	if (store->s3.endpoint == NULL && json_object_get(s3, "style") == NULL)
		store->s3.style = STORE_IN_HOST;
	if (prefix != NULL && !text_ends_with(prefix, "/")) {
		store->s3.prefix = text_format("%s/", prefix);
		mem_free(prefix);
	}
}

static void
check_store(struct store_spec *stores, size_t index, const json_t *document, const char *pointer,
	    struct complaints *complaints)
{
	struct store_spec *store = &stores[index];
	bool is_s3 = json_is_object(json_object_get(document, "s3"));
	char where[POINTER_SIZE];

	pointer_join(where, pointer, "name");
	for (size_t i = 0; i < index && store->name[0] != '\0'; i++)
		if (strcmp(stores[i].name, store->name) == 0)
			complain(complaints, where, "another store has this name");
	if (is_s3 == (store->directory != NULL)) {
		complain(complaints, pointer,
			 "expected a `directory`, or `s3` with a bucket in it; one of the two");
		return;
	}
	if (!is_s3)
		return;
	check_s3(store, pointer, complaints);
	complete_s3(store, document);
}

void
stores_read(const json_t *list, const char *pointer, struct complaints *complaints,
	    struct store_spec **ret_stores, size_t *ret_count)
{
	size_t count = json_array_size(list);
	struct store_spec *stores;

	*ret_stores = NULL;
	*ret_count = 0;
	if (list == NULL || json_is_null(list))
		return;
	if (!json_is_array(list) || count > CONFIG_STORES_LIMIT) {
		complain(complaints, pointer, "expected a list of at most %d stores",
			 CONFIG_STORES_LIMIT);
		return;
	}
	stores = mem_new_array(count + 1, sizeof *stores);
	for (size_t i = 0; i < count; i++) {
		const json_t *document = json_array_get(list, i);
		char where[POINTER_SIZE], number[24];

		(void)snprintf(number, sizeof number, "%zu", i);
		pointer_join(where, pointer, number);
		settings_init(&table, &stores[i]);
		settings_read(&table, document, where, NULL, complaints, &stores[i]);
		if (json_is_object(document))
			check_store(stores, i, document, where, complaints);
	}
	*ret_stores = stores;
	*ret_count = count;
}
