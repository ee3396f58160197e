/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subscribers and publishers. What makes it hard is that the crowd must cost less
 * than the hub it measures: an event is recognized by two bytes, in place, and a
 * subscriber is a descriptor and four flags.
 */

#include "crowd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"
#include "base/buf.h"

#define PATIENCE_NS \
	60000000000u /* a hub that loses an event ends the measurement, not the machine's time */
/* What a CloudEvent and its frame weigh beside the message. */
#define ROOST_FRAMING_WEBSOCKET 226
#define ROOST_FRAMING_SSE	264
#define OF_PUBLISHER		(1ull << 63)

static char buffer[1 << 18];

void
crowd_start(struct crowd *crowd, int argc, char **argv)
{
	const char *token = getenv("ROOST_TOKEN");
	struct rlimit files;

	if (argc < 7) {
		(void)fprintf(stderr,
			      "usage: %s HUB TRANSPORT PORT PID SUBSCRIBERS SECONDS [PUBLISHERS] "
			      "[BYTES]\n",
			      argv[0]);
		exit(2);
	}
	crowd->is_roost = strcmp(argv[1], "roost") == 0;
	crowd->is_websocket = strcmp(argv[2], "ws") == 0;
	crowd->port = (uint16_t)strtoul(argv[3], NULL, 10);
	crowd->pid = (int)strtol(argv[4], NULL, 10);
	crowd->wanted = (unsigned)strtoul(argv[5], NULL, 10);
	crowd->seconds = strtod(argv[6], NULL);
	crowd->publishing = argc > 7 ? (unsigned)strtoul(argv[7], NULL, 10) : 1;
	crowd->event_bytes = argc > 8 ? strtoul(argv[8], NULL, 10) : 0;
	crowd->token = text_copy(token != NULL ? token : "");
	if (crowd->publishing > PUBLISHERS_MAX)
		crowd->publishing = PUBLISHERS_MAX;
	(void)getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
	crowd->subscribers = mem_new_array(crowd->wanted + 1000, sizeof *crowd->subscribers);
}

int
hub_connect(const struct crowd *crowd)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(crowd->port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("a socket");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		die("connecting to the hub");
	return fd;
}

static void
send_all(int fd, const void *bytes, size_t length)
{
	if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length)
		die("sending");
}

/* --- the door ------------------------------------------------------------------------------- */

/* Reads a byte at a time up to `mark`, so that nothing behind it is taken. */
static void
read_up_to(int fd, const char *mark)
{
	char text[2048];
	size_t length = 0;

	while (length + 1 < sizeof text) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };

		if (poll(&ready, 1, 20000) != 1 || recv(fd, text + length, 1, 0) != 1)
			break;
		text[++length] = '\0';
		if (length >= strlen(mark) &&
		    memcmp(text + length - strlen(mark), mark, strlen(mark)) == 0)
			return;
	}
	text[length] = '\0';
	(void)fprintf(stderr, "bench: the hub said:\n%s\n", text);
	exit(1);
}

/* A masked text frame (RFC 6455 §5.3); the mask is zero, which is a mask. */
static void
send_frame(int fd, const char *text)
{
	unsigned char frame[256] = { 0x81 };
	size_t length = strlen(text);

	ASSERT(length < 126);
	frame[1] = (unsigned char)(0x80 | length);
	memcpy(frame + 6, text, length);
	send_all(fd, frame, 6 + length);
}

static void
knock(const struct crowd *crowd, int fd)
{
	CLEANUP(buf_deinit) struct buf head = BUF_NULL;

	if (crowd->is_roost)
		buf_format(&head, "GET %s HTTP/1.1\r\nAuthorization: Bearer %s\r\n",
			   crowd->is_websocket ? "/v1/ws" : "/v1/events?channel=bench",
			   crowd->token);
	else
		buf_put_text(&head, "GET /sub HTTP/1.1\r\n");
	buf_put_text(&head, "Host: 127.0.0.1\r\n");
	if (crowd->is_websocket)
		buf_put_text(&head, "Connection: Upgrade\r\nUpgrade: websocket\r\n"
				    "Sec-WebSocket-Version: 13\r\n"
				    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
	else
		buf_put_text(&head, "Accept: text/event-stream\r\n");
	buf_put_text(&head, "\r\n");
	send_all(fd, head.data, head.length);
}

/* Wait until it hears what is published from now on. */
static void
enter(const struct crowd *crowd, int fd)
{
	read_up_to(fd, "\r\n\r\n");
	if (!crowd->is_roost)
		return;
	if (crowd->is_websocket) {
		send_frame(fd, "{\"action\":\"subscribe\",\"channels\":[\"bench\"]}");
		read_up_to(fd, "\"ok\":true");
	} else {
		read_up_to(fd, "feed.position"); /* what is left of it has no mark in it */
	}
}

static void
watch(struct crowd *crowd, int fd, uint64_t what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = what };

	if (epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll");
}

void
crowd_grow(struct crowd *crowd, unsigned count)
{
	unsigned first = crowd->count;

	while (crowd->count < first + count) {
		unsigned from = crowd->count;

		/* A few at a time, so that no listening queue overflows. */
		for (; crowd->count < first + count && crowd->count < from + 64; crowd->count++) {
			crowd->subscribers[crowd->count].fd = hub_connect(crowd);
			knock(crowd, crowd->subscribers[crowd->count].fd);
		}
		for (unsigned i = from; i < crowd->count; i++) {
			enter(crowd, crowd->subscribers[i].fd);
			crowd->subscribers[i].is_in = true;
			watch(crowd, crowd->subscribers[i].fd, i);
		}
	}
}

/* --- publishing ----------------------------------------------------------------------------- */

void
crowd_publishers(struct crowd *crowd, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		crowd->publishers[i].fd = hub_connect(crowd);
		crowd->publishers[i].letter = (char)('A' + i);
		watch(crowd, crowd->publishers[i].fd, OF_PUBLISHER | i);
	}
}

void
publish(struct crowd *crowd, struct publisher *p)
{
	CLEANUP(buf_deinit) struct buf request = BUF_NULL;
	CLEANUP(buf_deinit) struct buf body = BUF_NULL;
	size_t framing = crowd->is_websocket ? ROOST_FRAMING_WEBSOCKET : ROOST_FRAMING_SSE;
	size_t fill = crowd->event_bytes > 2 ? crowd->event_bytes - 2 : 254;

	if (crowd->is_roost) {
		fill = fill > framing ? fill - framing : 16;
		buf_format(&body, "{\"channel\":\"bench\",\"message\":\"~%c%0*d\"}", p->letter,
			   (int)fill, 0);
		buf_format(&request, "POST /v1/messages HTTP/1.1\r\nAuthorization: Bearer %s\r\n",
			   crowd->token);
	} else {
		buf_format(&body, "~%c%0*d", p->letter, (int)fill, 0);
		buf_put_text(&request, "POST /pub HTTP/1.1\r\n");
	}
	buf_format(
		&request,
		"Host: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
		body.length);
	buf_put(&request, body.data, body.length);
	p->is_out = true;
	p->is_answered = false;
	p->reached = 0;
	p->since = now_ns();
	send_all(p->fd, request.data, request.length);
}

static void
publisher_next(struct crowd *crowd, struct publisher *p, bool again)
{
	if (!p->is_out || !p->is_answered || p->reached < crowd->count)
		return;
	p->is_out = false;
	if (again)
		publish(crowd, p);
}

static void
hear_answer(struct crowd *crowd, struct publisher *p, bool again)
{
	ssize_t n = recv(p->fd, buffer, sizeof buffer - 1, MSG_DONTWAIT);

	if (n <= 0)
		die("the hub closed a publisher's connection");
	buffer[n] = '\0';
	if (strstr(buffer, " 20") == NULL && !p->is_answered) {
		(void)fprintf(stderr, "bench: the hub refused an event:\n%s\n", buffer);
		exit(1);
	}
	p->is_answered = true;
	publisher_next(crowd, p, again);
}

/* --- hearing -------------------------------------------------------------------------------- */

static void
delivered(struct crowd *crowd, unsigned char letter, bool again)
{
	struct publisher *p = &crowd->publishers[letter - 'A'];

	crowd->delivered++;
	if (++p->reached < crowd->count)
		return;
	sample_add(&crowd->last, (double)(now_ns() - p->since) / 1e6);
	publisher_next(crowd, p, again);
}

static void
hear(struct crowd *crowd, struct subscriber *s, bool again)
{
	ssize_t n = recv(s->fd, buffer, sizeof buffer, MSG_DONTWAIT);
	const char *at = buffer, *end = buffer + n;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		die("the hub closed a subscriber's connection");
	crowd->bytes += (uint64_t)n;
	while (at < end) {
		if (!s->tilde) {
			at = memchr(at, '~', (size_t)(end - at));
			if (at == NULL)
				return;
			at++;
		}
		s->tilde = at == end;
		/* A frame's length may look like a mark (126), but not like a letter behind it. */
		if (at < end && *at >= 'A' && *at <= 'Z')
			delivered(crowd, (unsigned char)*at, again);
	}
}

void
crowd_listen(struct crowd *crowd, uint64_t until_ns, bool again)
{
	struct epoll_event events[512];
	uint64_t now;

	while ((now = now_ns()) < until_ns) {
		int n = epoll_wait(crowd->epoll, events, (int)ELEMENTS(events),
				   (int)((until_ns - now) / 1000000 + 1));

		for (int i = 0; i < n; i++) {
			uint64_t what = events[i].data.u64;

			if ((what & OF_PUBLISHER) != 0)
				hear_answer(crowd, &crowd->publishers[what & ~OF_PUBLISHER], again);
			else
				hear(crowd, &crowd->subscribers[what], again);
		}
	}
}

static bool
is_quiet(const struct crowd *crowd)
{
	for (unsigned i = 0; i < PUBLISHERS_MAX; i++)
		if (crowd->publishers[i].is_out)
			return false;
	return true;
}

void
crowd_settle(struct crowd *crowd)
{
	uint64_t until = now_ns() + PATIENCE_NS;

	while (!is_quiet(crowd)) {
		if (now_ns() > until) {
			errno = ETIMEDOUT;
			die("an event that did not reach everybody");
		}
		crowd_listen(crowd, now_ns() + 5000000, false);
	}
}

double
hub_request(const struct crowd *crowd, int fd)
{
	static const char request[] = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
	char answer[2048];
	uint64_t since = now_ns();

	(void)crowd;
	send_all(fd, request, sizeof request - 1);
	if (recv(fd, answer, sizeof answer, 0) <= 0)
		die("the hub's answer to a small request");
	return (double)(now_ns() - since) / 1e6;
}
