/* SPDX-License-Identifier: Apache-2.0 */
/* roost token: what programs sign in with. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/show.h"

static const struct option options[] = {
	{ "--label", 'l', "LABEL", "create: what will use it; the same as the word LABEL" },
	{ "--user", 'u', "NAME",
	  "create: whose token it is (default: whoever asks; on this machine, the first admin)" },
	{ "--role", 'r', "ROLE", "create: what it may do, at most what its user may" },
	{ "--expires", 0, "DURATION",
	  "create: such as 90d; otherwise it lasts until it is revoked" },
	{ "--sigv4", 0, NULL,
	  "create: a key pair that requests are signed with, for AWS's SDKs and command line" },
};

static int
list_tokens(struct client *client, const struct invocation *in)
{
	static const char *const heads[] = { "ID",   "KIND", "LABEL",	 "USER",
					     "ROLE", "MADE", "LAST USED" };
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	struct table table = { .columns = ELEMENTS(heads) };
	int status = client_ask(client, "GET", "/v1/tokens", NULL, &answer);
	json_t *token;
	size_t i;

	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	for (i = 0; i < ELEMENTS(heads); i++)
		table_cell(&table, heads[i], COLOUR_QUIET);
	json_array_foreach(list_in(answer.json, "tokens"), i, token)
	{
		char made[CLOCK_TEXT_SIZE], used[CLOCK_TEXT_SIZE];

		when_text(token, "created_at", "", made);
		when_text(token, "used_at", "never", used);
		table_cell(&table, json_get_text(token, "id", "?"), COLOUR_NONE);
		table_cell(&table, json_get_text(token, "kind", ""), COLOUR_NONE);
		table_cell(&table, json_get_text(token, "label", ""), COLOUR_NONE);
		table_cell(&table, json_get_text(token, "user", ""), COLOUR_NONE);
		table_cell(&table, json_get_text(token, "role", ""), COLOUR_NONE);
		table_cell(&table, made, COLOUR_NONE);
		table_cell(&table, used, COLOUR_NONE);
	}
	print_table(&table);
	return EXIT_DONE;
}

static void
set_given(json_t *body, const char *key, const char *text)
{
	if (text != NULL)
		json_set_text(body, key, text);
}

static const char *
label_of(const struct invocation *in)
{
	const char *word = invocation_word(in, 1);

	return word != NULL ? word : invocation_option(in, "--label");
}

/* What SDKs are to be told of a daemon: its address, as far as this end knows, and a region. */
struct place {
	char *address, *region;
};

static void
place_deinit(struct place *place)
{
	mem_free(place->address);
	mem_free(place->region);
}

/* From elsewhere, where it was asked; here, what its configuration says. */
static void
place_find(const struct invocation *in, struct place *ret_place)
{
	const char *url = invocation_option(in, "--url");
	struct config_load load;
	struct endpoint listen;
	char text[HOST_MAX + 16];

	if (url == NULL && !invocation_has(in, "--config"))
		url = getenv("ROOST_URL");
	config_load(invocation_option(in, "--config"), &load);
	*ret_place =
		(struct place){ .address = text_copy(url != NULL && *url != '\0' ? url : NULL) };
	if (load.config != NULL && ret_place->address == NULL) {
		listen = load.config->http.listen;
		if (strcmp(listen.host, "0.0.0.0") == 0 || strcmp(listen.host, "::") == 0)
			(void)text_put(listen.host, sizeof listen.host, "127.0.0.1");
		endpoint_text(&listen, text, sizeof text);
		ret_place->address =
			load.config->http.public_url[0] != '\0'
				? text_copy(load.config->http.public_url)
				: text_format("http%s://%s",
					      load.config->http.tls.certificate != NULL ? "s" : "",
					      text);
		if (load.config->sigv4.region[0] != '\0')
			ret_place->region = text_copy(load.config->sigv4.region);
	}
	if (ret_place->address == NULL)
		ret_place->address = text_copy("http://127.0.0.1:8080");
	if (ret_place->region == NULL)
		ret_place->region = text_copy("us-east-1");
	config_load_deinit(&load);
}

/* The pair alone on standard output, as lines that a shell and an .env file understand. */
static void
print_key(const struct invocation *in, const json_t *json)
{
	CLEANUP(place_deinit) struct place place = { NULL, NULL };
	const char *id = json_get_text(json, "access_key_id", "?");

	(void)printf("AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n", id,
		     json_get_text(json, "secret_access_key", "?"));
	(void)fflush(stdout);
	if (!terminal_is_tty(STDERR_FILENO))
		return;
	place_find(in, &place);
	(void)fprintf(stderr,
		      "\nKeep it: the secret is shown this once. With AWS's command line:\n\n"
		      "  aws configure set aws_access_key_id %s --profile roost\n"
		      "  aws configure set aws_secret_access_key SECRET --profile roost\n"
		      "  aws configure set region %s --profile roost\n"
		      "  aws apigatewaymanagementapi post-to-connection --profile roost \\\n"
		      "      --endpoint-url %s --connection-id ID --data fileb://FILE\n\n"
		      "With boto3, which takes the two lines above from the environment:\n\n"
		      "  api = boto3.client('apigatewaymanagementapi', region_name='%s',\n"
		      "                     endpoint_url='%s')\n"
		      "  api.post_to_connection(ConnectionId=ID, Data=b'hello')\n",
		      id, place.region, place.address, place.region, place.address);
}

static int
create_token(struct client *client, const struct invocation *in)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(json_freep) json_t *body = json_object();
	int status;

	json_set_text(body, "label", label_of(in));
	set_given(body, "user", invocation_option(in, "--user"));
	set_given(body, "role", invocation_option(in, "--role"));
	set_given(body, "expires_in", invocation_option(in, "--expires"));
	if (invocation_has(in, "--sigv4"))
		json_set_bool(body, "sigv4", true);
	status = client_ask(client, "POST", "/v1/tokens", body, &answer);
	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	if (invocation_has(in, "--sigv4")) {
		print_key(in, answer.json);
		return EXIT_DONE;
	}
	/* The token alone on standard output, so that it can be put into a file. */
	(void)printf("%s\n", json_get_text(answer.json, "token", "?"));
	(void)fflush(stdout);
	if (terminal_is_tty(STDERR_FILENO))
		(void)fprintf(stderr,
			      "Keep it: it is shown this once. Programs use it as ROOST_TOKEN.\n");
	return EXIT_DONE;
}

static int
revoke_token(struct client *client, const struct invocation *in)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = client_path("/v1/tokens/%s", in->words[1]);
	int status = client_ask(client, "DELETE", path, NULL, &answer);

	if (status == EXIT_DONE && !invocation_has(in, "--json"))
		(void)printf("%s is revoked; programs that use it are refused at once.\n",
			     in->words[1]);
	return status;
}

static int
run(const struct invocation *in)
{
	const char *word = in->word_count > 0 ? in->words[0] : "ls";
	CLEANUP(client_freep) struct client *client = NULL;
	int (*part)(struct client * client, const struct invocation *in) = NULL;
	int status;

	if (strcmp(word, "ls") == 0)
		part = list_tokens;
	else if (strcmp(word, "create") == 0)
		part = create_token;
	else if (strcmp(word, "revoke") == 0)
		part = revoke_token;
	if (part == NULL)
		return misused(in, "there is no `token %.40s`; there are ls, create and revoke",
			       word);
	if (part == create_token && label_of(in) == NULL)
		return misused(in, "what is it for? roost token create LABEL");
	if (part == revoke_token && in->word_count < 2)
		return misused(in, "which one? roost token revoke ID (`roost token ls`)");
	status = client_new(in, &client);
	return status == EXIT_DONE ? part(client, in) : status;
}

const struct command token_command = {
	.name = "token",
	.words = "[ls | create LABEL | revoke ID]",
	.summary = "list, make and revoke tokens for programs",
	.about = "A new token is printed once; roost keeps only its hash. Programs give it as "
		 "`Authorization: Bearer TOKEN`, this command line takes it from ROOST_TOKEN. "
		 "With --sigv4 it is a pair of access key and secret, and programs sign their "
		 "requests with it as with AWS (Signature Version 4): boto3, the AWS command line "
		 "and the AWS SDKs send messages to WebSocket connections that way, at "
		 "/@connections. Roost must keep that secret to check signatures, so DATA/roost.db "
		 "holds it. It is revoked by its access key id.",
	.options = options,
	.option_count = ELEMENTS(options),
	.speaks = true,
	.most = 2,
	.run = run,
};
