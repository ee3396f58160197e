/* SPDX-License-Identifier: Apache-2.0 */
/* Who has a UDP port: nobody, a stranger, a process of the run. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/bound.h"
#include "wire/supervise/procfs.h"

static int
bind_somewhere(struct endpoint *ret_address)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*ret_address = (struct endpoint){ .host = "127.0.0.1", .port = ntohs(address.sin_port) };
	return fd;
}

static void
a_port_of_nobody_and_one_of_a_stranger_are_told_apart(void **unused)
{
	struct endpoint address;
	int fd = bind_somewhere(&address);

	assert_int_equal(bound_look(&address, "01RUN"), BOUND_STRANGER);
	(void)text_put(address.host, sizeof address.host, "127.0.0.2");
	assert_int_equal(bound_look(&address, "01RUN"), BOUND_NOT);
	(void)close(fd);
	(void)text_put(address.host, sizeof address.host, "127.0.0.1");
	assert_int_equal(bound_look(&address, "01RUN"), BOUND_NOT);
}

/* A program that carries the run's mark and keeps the socket it was given. */
static void
a_port_of_a_process_with_the_runs_mark_is_the_runs(void **unused)
{
	static char *const arguments[] = { "sleep", "30", NULL };
	static char *const environment[] = { "ROOST_RUN=01RUN", NULL };
	struct endpoint address;
	int fd = bind_somewhere(&address), status;
	enum bound is = BOUND_STRANGER;
	pid_t child = fork();

	if (child == 0) {
		(void)execve("/bin/sleep", arguments, environment);
		_exit(127);
	}
	(void)close(fd);
	for (int i = 0; i < 500 && is != BOUND; i++) {
		(void)poll(NULL, 0, 10);
		is = bound_look(&address, "01RUN");
	}
	assert_int_equal(bound_look(&address, "01OTHER"), BOUND_STRANGER);
	(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(is, BOUND);
}

static void
the_kernels_table_is_read_in_both_its_forms(void **unused)
{
	const char *at =
		"  sl  local_address rem_address   st tx_queue rx_queue\n"
		"  131: 0100007F:7530 00000000:0000 07 00000000:00000000 00:00000000 00000000 "
		"    0        0 81234 2 0000000000000000 0\n"
		"rubbish\n"
		"   97: 00000000000000000000000001000000:208D "
		"00000000000000000000000001000000:0035 01 00000000:00000000 00:00000000 00000000 "
		" 1000        0 81235 2 0000000000000000 0\n";
	struct udp_socket socket;
	char text[IP_TEXT_SIZE];

	assert_true(udp_socket_next(&at, &socket));
	ip_text(&socket.ip, text);
	assert_string_equal(text, "127.0.0.1");
	assert_int_equal(socket.port, 30000);
	assert_int_equal(socket.inode, 81234);
	assert_false(socket.is_connected);
	assert_true(udp_socket_next(&at, &socket));
	ip_text(&socket.ip, text);
	assert_string_equal(text, "::1");
	assert_int_equal(socket.inode, 81235);
	assert_true(socket.is_connected);
	assert_false(udp_socket_next(&at, &socket));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_of_nobody_and_one_of_a_stranger_are_told_apart),
		cmocka_unit_test(a_port_of_a_process_with_the_runs_mark_is_the_runs),
		cmocka_unit_test(the_kernels_table_is_read_in_both_its_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
