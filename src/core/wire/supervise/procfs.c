/* SPDX-License-Identifier: Apache-2.0 */
/* Linux's files as values: see the header. */

#include "wire/supervise/procfs.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

bool
proc_stat_parse(const char *text, struct proc_stat *ret_stat)
{
	const char *behind = strrchr(text, ')');
	long long pid, parent, group, session;
	unsigned long long own_user, own_system, start;
	long long children_user, children_system, resident;
	char state;

	if (behind == NULL || sscanf(text, "%lld (", &pid) != 1 ||
	    sscanf(behind,
		   ") %c %lld %lld %lld %*d %*d %*u %*u %*u %*u %*u %llu %llu %lld %lld %*d %*d "
		   "%*d %*d %llu %*u %lld",
		   &state, &parent, &group, &session, &own_user, &own_system, &children_user,
		   &children_system, &start, &resident) != 10)
		return false;
	if (pid < 1 || children_user < 0 || children_system < 0 || resident < 0)
		return false;
	*ret_stat = (struct proc_stat){
		.pid = pid,
		.state = state,
		.parent = parent,
		.group = group,
		.session = session,
		.cpu_ticks =
			own_user + own_system + (uint64_t)children_user + (uint64_t)children_system,
		.start_time = start,
		.resident = (uint64_t)resident,
	};
	return true;
}

static const char *
next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end != NULL ? end + 1 : NULL;
}

/* 8 or 32 hex digits: words of four bytes, each as this machine stores it. */
static bool
hex_ip_parse(const char *text, size_t length, struct ip *ret_ip)
{
	uint32_t words[4] = { 0, 0, htonl(0xffff), 0 };
	size_t count = length / 8, first = length == 8 ? 3 : 0;

	if (length != 8 && length != 32)
		return false;
	for (size_t i = 0; i < count; i++) {
		unsigned word;

		if (sscanf(text + 8 * i, "%8x", &word) != 1)
			return false;
		words[first + i] = word;
	}
	memcpy(ret_ip->bytes, words, sizeof ret_ip->bytes);
	return true;
}

/* sl local:port remote:port state queues timer retransmits uid timeout inode */
static bool
udp_socket_parse(const char *line, struct udp_socket *ret_socket)
{
	char local[33], remote[33];
	unsigned port, remote_port;
	unsigned long long inode;

	if (sscanf(line, " %*d: %32[0-9A-F]:%4x %32[0-9A-F]:%4x %*x %*s %*s %*s %*s %*s %llu",
		   local, &port, remote, &remote_port, &inode) != 5 ||
	    !hex_ip_parse(local, strlen(local), &ret_socket->ip))
		return false;
	ret_socket->port = (uint16_t)port;
	ret_socket->is_connected = remote_port != 0;
	ret_socket->inode = inode;
	return true;
}

bool
udp_socket_next(const char **at, struct udp_socket *ret_socket)
{
	while (*at != NULL && **at != '\0') {
		const char *line = *at;

		*at = next_line(line);
		if (udp_socket_parse(line, ret_socket))
			return true;
	}
	return false;
}

bool
keyed_number_parse(const char *text, const char *key, uint64_t *ret_number)
{
	size_t length = strlen(key);

	for (const char *line = text; line != NULL; line = next_line(line)) {
		unsigned long long number;

		if (strncmp(line, key, length) == 0 && line[length] == ' ' &&
		    sscanf(line + length, " %llu", &number) == 1) {
			*ret_number = number;
			return true;
		}
	}
	return false;
}

static bool
take_word(const char *from, const char *ends, char *to, size_t size)
{
	size_t length = strcspn(from, ends);

	if (length == 0 || length >= size)
		return false;
	memcpy(to, from, length);
	to[length] = '\0';
	return true;
}

bool
cgroup_path_parse(const char *text, char *ret_path, size_t size)
{
	for (const char *line = text; line != NULL; line = next_line(line)) {
		if (text_starts_with(line, "0::/"))
			return take_word(line + 3, "\n", ret_path, size);
	}
	return false;
}

bool
cgroup_mount_parse(const char *text, char *ret_path, size_t size)
{
	/* 36 35 98:0 ROOT MOUNT-POINT options [optional fields] - TYPE source options */
	for (const char *line = text; line != NULL; line = next_line(line)) {
		const char *type = strstr(line, " - ");
		const char *end = strchr(line, '\n');
		int at = 0;

		if (type == NULL || (end != NULL && type > end) ||
		    !text_starts_with(type, " - cgroup2 "))
			continue;
		if (sscanf(line, "%*d %*d %*s %*s %n", &at) == 0 && at > 0)
			return take_word(line + at, " \n", ret_path, size);
	}
	return false;
}
