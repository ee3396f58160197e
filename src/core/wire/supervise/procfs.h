/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PROCFS_H
#define ROOST_PROCFS_H

/* Linux's files about processes and control groups, as values (proc(5), cgroup-v2). */

#include "base/address.h"

struct proc_stat {
	int64_t pid;		/* field 1 */
	char state;		/* 3: R S D Z X ... */
	int64_t parent;		/* 4 */
	int64_t group;		/* 5 */
	int64_t session;	/* 6 */
	uint64_t cpu_ticks;	/* 14-17: its own and its reaped children's */
	uint64_t start_time;	/* 22: ticks since boot */
	uint64_t resident;	/* 24: pages */
};

/* /proc/PID/stat. The program's name in it may hold anything, brackets and spaces too. */
bool proc_stat_parse(const char *text, struct proc_stat *ret_stat) must_check;

/* The number behind `key ` at the start of a line ("oom_kill 3"). */
bool keyed_number_parse(const char *text, const char *key, uint64_t *ret_number) must_check;

struct udp_socket {
	struct ip ip;		/* where it is bound; all zero (or its IPv4 form) = everywhere */
	uint16_t port;
	bool is_connected;	/* to one peer: nobody else reaches it */
	uint64_t inode;		/* as `socket:[INODE]` in /proc/PID/fd */
};

/*
 * /proc/net/udp and udp6, one socket at a time: `*at` begins as the whole text and
 * is moved on. False when there is none any more; other lines are passed over.
 */
bool udp_socket_next(const char **at, struct udp_socket *ret_socket) must_check;

/* /proc/self/cgroup: the path of the line `0::PATH` (cgroup v2). */
bool cgroup_path_parse(const char *text, char *ret_path, size_t size) must_check;

/* /proc/self/mountinfo: where a file system of type cgroup2 is mounted. */
bool cgroup_mount_parse(const char *text, char *ret_path, size_t size) must_check;

#endif
