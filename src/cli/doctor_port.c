/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports: bound for a moment as the daemon would bind them. Who has a port that
 * is taken is found in /proc, as far as this user may look.
 */

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "wire/supervise/procfs.h"

#define PROC_LIMIT	(4u << 20)
#define CONNECT_WAIT_MS 2000

unsigned long
listener_inode(const char *proc_net_tcp, uint16_t port)
{
	const char *line = proc_net_tcp;

	while ((line = strchr(line, '\n')) != NULL) {
		unsigned local = 0, state = 0;
		unsigned long inode = 0;

		line++;
		/* sl local:port remote:port state queues timer retransmits uid timeout inode */
		if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %*s %*s %lu",
			   &local, &state, &inode) == 3 &&
		    local == port && state == 0x0a)
			return inode;
	}
	return 0;
}

static unsigned long
udp_inode(const char *table, uint16_t port)
{
	struct udp_socket socket;

	while (udp_socket_next(&table, &socket)) {
		if (socket.port == port && !socket.is_connected)
			return (unsigned long)socket.inode;
	}
	return 0;
}

static unsigned long
find_inode(uint16_t port, bool is_udp)
{
	static const char *const all[2][2] = { { "/proc/net/tcp", "/proc/net/tcp6" },
					       { "/proc/net/udp", "/proc/net/udp6" } };
	const char *const *tables = all[is_udp];

	for (size_t i = 0; i < ELEMENTS(all[0]); i++) {
		CLEANUP(buf_deinit) struct buf content = BUF_NULL;
		unsigned long inode = 0;

		if (file_slurp(tables[i], PROC_LIMIT, &content) == 0)
			inode = is_udp ? udp_inode(buf_text(&content), port)
				       : listener_inode(buf_text(&content), port);
		if (inode != 0)
			return inode;
	}
	return 0;
}

static bool
process_has(const char *process, const char *wanted)
{
	CLEANUP(text_freep) char *path = text_format("/proc/%s/fd", process);
	DIR *directory = opendir(path);
	struct dirent *entry;
	bool has = false;

	while (directory != NULL && !has && (entry = readdir(directory)) != NULL) {
		char link[64];
		CLEANUP(text_freep) char *file = text_format("%s/%s", path, entry->d_name);
		ssize_t length = readlink(file, link, sizeof link - 1);

		link[length > 0 ? length : 0] = '\0';
		has = strcmp(link, wanted) == 0;
	}
	if (directory != NULL)
		(void)closedir(directory);
	return has;
}

/* "java (pid 4711)", or what can be said without the right to look. */
static char *
who_listens(uint16_t port, bool is_udp)
{
	CLEANUP(text_freep) char *wanted = text_format("socket:[%lu]", find_inode(port, is_udp));
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	char *who = NULL;

	while (processes != NULL && who == NULL && (entry = readdir(processes)) != NULL) {
		CLEANUP(buf_deinit) struct buf name = BUF_NULL;
		CLEANUP(text_freep) char *path = NULL;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    !process_has(entry->d_name, wanted))
			continue;
		path = text_format("/proc/%s/comm", entry->d_name);
		if (file_slurp(path, 64, &name) != 0)
			continue;
		who = text_format("%.*s (pid %s)", (int)strcspn(buf_text(&name), "\n"),
				  buf_text(&name), entry->d_name);
	}
	if (processes != NULL)
		(void)closedir(processes);
	return who != NULL ? who : text_copy("a program of another user");
}

/* The address to bind; false for a name, which only the daemon looks up. */
static bool
address_of(const struct endpoint *e, struct sockaddr_storage *ret_address, socklen_t *ret_length)
{
	const char *host = *e->host == '\0' ? "::" : e->host;
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_address;

	memset(ret_address, 0, sizeof *ret_address);
	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(e->port);
		*ret_length = sizeof *v4;
		return true;
	}
	if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1)
		return false;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(e->port);
	*ret_length = sizeof *v6;
	return true;
}

/* 0, or -errno. */
static int
try_bind(const struct sockaddr_storage *address, socklen_t length, bool is_udp)
{
	int type = is_udp ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(address->ss_family, type | SOCK_CLOEXEC, 0);
	int one = 1, error = 0;

	if (fd < 0)
		return -errno;
	if (!is_udp) /* where it would let two programs have one port */
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (const struct sockaddr *)address, length) != 0)
		error = -errno;
	else if (!is_udp && listen(fd, 1) != 0)
		error = -errno;
	(void)close(fd);
	return error;
}

static void
tell_taken(struct doctor *d, const char *check, const char *text, char *taken_by)
{
	CLEANUP(text_freep) char *who = taken_by;

	if (text_starts_with(who, "roost (") || (d->running && who[0] == 'a' && who[1] == ' '))
		found_right(d, check, "%.280s, by %s", text, who);
	else
		found_wrong(d, check, "end that program, or choose another port",
			    "%.280s is taken by %.100s", text, who);
}

static void
check_endpoint(struct doctor *d, const char *check, const struct endpoint *e, bool is_udp)
{
	struct sockaddr_storage address;
	socklen_t length;
	char text[HOST_MAX + 24];
	int error;

	endpoint_text(e, text, sizeof text);
	if (is_udp)
		(void)text_put(text + strlen(text), sizeof text - strlen(text), " (UDP)");
	if (!address_of(e, &address, &length)) {
		found_note(d, check, "%.280s is a name; the daemon looks it up at its start", text);
		return;
	}
	error = try_bind(&address, length, is_udp);
	if (error == 0 && d->running)
		found_wrong(d, check, "restart roost: it was started with another address",
			    "%.280s is free, although roost runs", text);
	else if (error == 0)
		found_right(d, check, "%.280s is free", text);
	else if (error == -EADDRINUSE)
		tell_taken(d, check, text, who_listens(e->port, is_udp));
	else if (error == -EACCES)
		found_wrong(d, check,
			    "choose a port from 1024 up, or give roost CAP_NET_BIND_SERVICE",
			    "%.280s: ports below 1024 are not for this user", text);
	else if (error == -EADDRNOTAVAIL)
		found_wrong(d, check, "use an address of this machine, or [::] for all",
			    "%.280s is not an address of this machine", text);
	else if (error == -EAFNOSUPPORT)
		found_wrong(d, check, "use 0.0.0.0 instead", "%.280s: this machine has no IPv6",
			    text);
	else
		found_wrong(d, check, "choose another address", "%.280s: %s", text,
			    strerror(-error));
}

void
check_ports(struct doctor *d, const struct config *config)
{
	check_endpoint(d, "page and API", &config->http.listen, false);
	for (size_t i = 0; i < config->gate.listen_count; i++)
		check_endpoint(d, "gate", &config->gate.listen[i], false);
	for (size_t i = 0; i < config->server_count; i++) {
		for (size_t j = 0; j < config->servers[i]->listen_count; j++)
			check_endpoint(d, config->servers[i]->name, &config->servers[i]->listen[j],
				       game_is_datagrams(config->servers[i]->game));
	}
}

/* Does somebody accept there, within CONNECT_WAIT_MS? 0 or -errno. */
static int
try_connect(const struct sockaddr_storage *address, socklen_t length)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t size = sizeof error;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, length) != 0 && errno != EINPROGRESS)
		error = errno;
	else if (poll(&wait, 1, CONNECT_WAIT_MS) != 1)
		error = ETIMEDOUT;
	else
		(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	(void)close(fd);
	return -error;
}

/* A wildcard is reached over loopback. */
void
check_gate(struct doctor *d, const struct config *config)
{
	for (size_t i = 0; d->running && i < config->gate.listen_count; i++) {
		struct endpoint e = config->gate.listen[i];
		struct sockaddr_storage address;
		socklen_t length;
		int error;

		if (*e.host == '\0' || strcmp(e.host, "::") == 0 || strcmp(e.host, "0.0.0.0") == 0)
			(void)text_put(e.host, sizeof e.host, "127.0.0.1");
		if (e.port == 0 || !address_of(&e, &address, &length))
			continue;
		error = try_connect(&address, length);
		if (error == 0)
			found_right(d, "gate answers", "at %.200s:%u", e.host, (unsigned)e.port);
		else
			found_wrong(d, "gate answers", "look at what roost printed at its start",
				    "not at %.200s:%u: %s", e.host, (unsigned)e.port,
				    strerror(-error));
	}
}
