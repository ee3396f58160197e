/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An inquiry over a socket: see the header. A port where nobody listens is told by
 * the kernel (ICMP), which while a game starts means "not yet": it is asked again.
 */

#include "probe/datagram.h"

#include <string.h>

#include "sys/chance.h"

#define DATAGRAM_SIZE 65536 /* no datagram is longer */

struct datagram {
	uv_udp_t udp;
	uv_timer_t again;
	unsigned held; /* handles that libuv still has */
	bool closed;
	struct inquiry inquiry;
	struct datagram_terms terms;
	char room[DATAGRAM_SIZE];
};

static void
let_go(struct datagram *datagram)
{
	if (--datagram->held > 0)
		return;
	datagram->terms.gone(datagram->terms.argument);
	inquiry_deinit(&datagram->inquiry);
	mem_free(datagram);
}

static void
on_udp_closed(uv_handle_t *handle)
{
	let_go(CONTAINER_OF((uv_udp_t *)handle, struct datagram, udp));
}

static void
on_timer_closed(uv_handle_t *handle)
{
	let_go(CONTAINER_OF((uv_timer_t *)handle, struct datagram, again));
}

void
datagram_close(struct datagram *datagram)
{
	if (datagram == NULL || datagram->closed)
		return;
	datagram->closed = true;
	uv_close((uv_handle_t *)&datagram->udp, on_udp_closed);
	uv_close((uv_handle_t *)&datagram->again, on_timer_closed);
}

/* Nothing is kept for a full socket: it is asked again all the same. */
static void
send_question(struct datagram *datagram)
{
	unsigned char ask[INQUIRY_ASK_LIMIT];
	uv_buf_t part = uv_buf_init((char *)ask, (unsigned)inquiry_ask(&datagram->inquiry, ask));

	(void)uv_udp_try_send(&datagram->udp, &part, 1, NULL);
}

static void
answer(struct datagram *datagram)
{
	datagram->terms.answered(datagram->terms.argument, &datagram->inquiry.answer, NULL);
}

static void
on_again(uv_timer_t *timer)
{
	struct datagram *datagram = CONTAINER_OF(timer, struct datagram, again);

	if (inquiry_retry(&datagram->inquiry) == INQUIRY_ANSWERED)
		answer(datagram);
	else
		send_question(datagram);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	struct datagram *datagram = CONTAINER_OF((uv_udp_t *)handle, struct datagram, udp);

	(void)suggested;
	*ret_buffer = uv_buf_init(datagram->room, sizeof datagram->room);
}

static void
on_datagram(uv_udp_t *udp, ssize_t got, const uv_buf_t *buffer, const struct sockaddr *from,
	    unsigned flags)
{
	struct datagram *datagram = CONTAINER_OF(udp, struct datagram, udp);
	bool is_new;

	if (got <= 0 || from == NULL || (flags & UV_UDP_PARTIAL) != 0 || datagram->closed)
		return;
	if (inquiry_hear(&datagram->inquiry, (const unsigned char *)buffer->base, (size_t)got,
			 &is_new) == INQUIRY_ANSWERED) {
		answer(datagram);
		return;
	}
	if (!is_new)
		return;
	send_question(datagram);
	(void)uv_timer_again(&datagram->again);
}

/* Cannot be told inside the call that asked. */
static void
on_trouble(uv_timer_t *timer)
{
	struct datagram *datagram = CONTAINER_OF(timer, struct datagram, again);

	datagram->terms.answered(datagram->terms.argument, NULL,
				 uv_strerror((int)(intptr_t)timer->data));
}

static uint64_t
nonce_take(void)
{
	struct chance_port *chance = sys_chance();
	uint64_t nonce;

	chance->fill(chance, &nonce, sizeof nonce);
	return nonce;
}

struct datagram *
datagram_new(uv_loop_t *loop, const struct datagram_terms *terms)
{
	struct datagram *datagram = mem_new(sizeof *datagram);
	int r;

	datagram->terms = *terms;
	datagram->terms.where = NULL;
	datagram->held = 2;
	inquiry_init(&datagram->inquiry, terms->game, nonce_take());
	ASSERT(uv_udp_init(loop, &datagram->udp) == 0);
	ASSERT(uv_timer_init(loop, &datagram->again) == 0);
	r = uv_udp_connect(&datagram->udp, terms->where);
	if (r == 0)
		r = uv_udp_recv_start(&datagram->udp, on_alloc, on_datagram);
	if (r < 0) {
		datagram->again.data = (void *)(intptr_t)r;
		ASSERT(uv_timer_start(&datagram->again, on_trouble, 0, 0) == 0);
		return datagram;
	}
	send_question(datagram);
	ASSERT(uv_timer_start(&datagram->again, on_again, INQUIRY_EVERY_MS, INQUIRY_EVERY_MS) == 0);
	return datagram;
}
