/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Declarations of games over datagrams: what they may say, and what follows from
 * which game it is. Nothing in a datagram says that somebody has come or gone, so
 * more has to be declared for these than for games over TCP.
 */

#include "model/spec_datagram.h"

#include <string.h>

bool
game_is_datagrams(enum game game)
{
	return game == GAME_MINECRAFT_BEDROCK || game == GAME_SOURCE || game == GAME_UDP;
}

enum query_protocol
spec_query(const struct server_spec *spec)
{
	switch (spec->game) {
	case GAME_MINECRAFT_BEDROCK:
		return QUERY_RAKNET;
	case GAME_SOURCE:
		return QUERY_A2S;
	case GAME_UDP:
		return spec->query.protocol;
	case GAME_MINECRAFT_JAVA:
	case GAME_TCP:
	case GAME_MAX:
		break;
	}
	return QUERY_NONE;
}

enum game
spec_asked_as(const struct server_spec *spec)
{
	return spec_query(spec) == QUERY_A2S ? GAME_SOURCE : spec->game;
}

bool
spec_is_counted_by_gate(const struct server_spec *spec)
{
	return spec->game == GAME_TCP || (spec->game == GAME_UDP && spec_query(spec) == QUERY_NONE);
}

bool
spec_is_counted_by_lines(const struct server_spec *spec)
{
	return spec_is_counted_by_gate(spec) && spec->joined_lines != NULL;
}

bool
spec_is_ready_by_line(const struct server_spec *spec)
{
	return spec->ready_line != NULL && (spec->game == GAME_TCP || spec->game == GAME_UDP);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

size_t
first_bytes_parse(const char *hex, unsigned char ret_bytes[static FIRST_BYTES_LIMIT])
{
	size_t count = 0;

	for (const char *c = hex; *c != '\0'; c += 2) {
		while (*c == ' ')
			c++;
		if (*c == '\0')
			break;
		if (count == FIRST_BYTES_LIMIT || hex_digit(c[0]) < 0 || hex_digit(c[1]) < 0)
			return 0;
		ret_bytes[count++] = (unsigned char)(hex_digit(c[0]) << 4 | hex_digit(c[1]));
	}
	return count;
}

static void
check_udp(const struct server_spec *spec, struct complaints *complaints)
{
	unsigned char bytes[FIRST_BYTES_LIMIT];

	if (spec->udp.first_bytes != NULL && spec->game != GAME_UDP)
		complain(complaints, "/udp/first_bytes",
			 "only for udp games; of others it is known what a player begins with");
	else if (spec->udp.first_bytes != NULL &&
		 first_bytes_parse(spec->udp.first_bytes, bytes) == 0)
		complain(complaints, "/udp/first_bytes",
			 "not bytes in hex; expected up to %d of them, such as 4f457403",
			 FIRST_BYTES_LIMIT);
}

void
spec_check_datagrams(const struct server_spec *spec, struct complaints *complaints)
{
	bool has_query = spec->game == GAME_MINECRAFT_JAVA || spec->game == GAME_SOURCE ||
			 (spec->game == GAME_UDP && spec->query.protocol != QUERY_NONE);

	check_udp(spec, complaints);
	if (spec->query.protocol != QUERY_NONE && spec->game != GAME_UDP)
		complain(complaints, "/query/protocol",
			 "only for udp games; how a %s server is asked is known",
			 game_word(spec->game));
	if (spec->query.port != 0 && !has_query)
		complain(complaints, "/query/port",
			 "only for minecraft-java, source, and udp with query.protocol");
	if (game_is_datagrams(spec->game) && spec->proxy_protocol)
		complain(complaints, "/proxy_protocol",
			 "a %s server is spoken to in datagrams, and takes a PROXY header for "
			 "part of them; leave it out",
			 game_word(spec->game));
}
