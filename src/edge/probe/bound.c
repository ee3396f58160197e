/* SPDX-License-Identifier: Apache-2.0 */
/* Who has a UDP port: /proc/net/udp names the socket, /proc/PID/fd its owner. See the header. */

#include "probe/bound.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/files.h"
#include "sys/run_mark.h"
#include "wire/supervise/procfs.h"

#define TABLE_LIMIT	(16u << 20)
#define ANCESTORS_LIMIT 64

static bool
is_everywhere(const struct ip *ip)
{
	static const struct ip any, any_v4 = { { [10] = 0xff, [11] = 0xff } };

	return ip_equal(ip, &any) || ip_equal(ip, &any_v4);
}

static bool
serves(const struct udp_socket *socket, const struct endpoint *address)
{
	struct ip ip;

	if (socket->port != address->port || socket->is_connected)
		return false;
	return is_everywhere(&socket->ip) || !ip_parse(address->host, &ip) || is_everywhere(&ip) ||
	       ip_equal(&ip, &socket->ip);
}

/* 0: none. */
static uint64_t
find_socket(const struct endpoint *address)
{
	static const char *const tables[] = { "/proc/net/udp", "/proc/net/udp6" };

	for (size_t i = 0; i < ELEMENTS(tables); i++) {
		CLEANUP(buf_deinit) struct buf content = BUF_NULL;
		struct udp_socket socket;
		const char *at;

		if (file_read(AT_FDCWD, tables[i], TABLE_LIMIT, &content) < 0)
			continue;
		at = buf_text(&content);
		while (udp_socket_next(&at, &socket)) {
			if (serves(&socket, address))
				return socket.inode;
		}
	}
	return 0;
}

static bool
has_open(const char *pid, const char *wanted)
{
	char path[300], link[64];
	struct dirent *entry;
	bool has = false;
	DIR *folder;

	(void)snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
	folder = opendir(path);
	while (folder != NULL && !has && (entry = readdir(folder)) != NULL) {
		ssize_t length = readlinkat(dirfd(folder), entry->d_name, link, sizeof link - 1);

		link[length > 0 ? length : 0] = '\0';
		has = strcmp(link, wanted) == 0;
	}
	if (folder != NULL)
		(void)closedir(folder);
	return has;
}

static int64_t
parent_of(int64_t pid)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	struct proc_stat stat;
	char path[40];

	(void)snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
	if (file_read(AT_FDCWD, path, 4096, &content) < 0 ||
	    !proc_stat_parse(buf_text(&content), &stat))
		return 0;
	return stat.parent;
}

static bool
is_of_run(int64_t pid, const char *token)
{
	for (int i = 0; i < ANCESTORS_LIMIT && pid > 1; i++, pid = parent_of(pid)) {
		if (run_mark_is_on(pid, token))
			return true;
	}
	return false;
}

enum bound
bound_look(const struct endpoint *address, const char *token)
{
	uint64_t inode = find_socket(address);
	enum bound is = BOUND;
	struct dirent *entry;
	char wanted[40];
	DIR *processes;

	if (inode == 0)
		return BOUND_NOT;
	(void)snprintf(wanted, sizeof wanted, "socket:[%llu]", (unsigned long long)inode);
	processes = opendir("/proc");
	while (processes != NULL && (entry = readdir(processes)) != NULL) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    !has_open(entry->d_name, wanted))
			continue;
		is = is_of_run(strtol(entry->d_name, NULL, 10), token) ? BOUND : BOUND_STRANGER;
		if (is == BOUND)
			break;
	}
	if (processes != NULL)
		(void)closedir(processes);
	return is;
}
