/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A game that cannot have its port ends, or worse: the other program answers
 * for it, and players are let in there. So the port is tried before a start.
 * Binding tells; connecting would knock at a stranger's door.
 */

#include "process/taken.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/files.h"

bool
address_is_taken(const struct endpoint *address, bool is_datagrams)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(address->port) };
	CLEANUP(fd_closep) int fd = -1;
	int one = 1, none = 0;
	struct ip ip;

	if (address->port == 0 || !ip_parse(address->host, &ip))
		return false;
	memcpy(&to.sin6_addr, ip.bytes, sizeof ip.bytes);
	fd = socket(AF_INET6, (is_datagrams ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	/* What only waits out a closed connection is no program; of UDP's there is none such. */
	if (!is_datagrams)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &none, sizeof none);
	return bind(fd, (const struct sockaddr *)&to, sizeof to) < 0 && errno == EADDRINUSE;
}
