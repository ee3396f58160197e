/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams in batches: up to 64 of a listener in one recvmmsg(2); what goes to one
 * game socket after another in one sendmmsg(2); and what the games said in a turn,
 * to whomever, gathered and sent from the listener in one, each from the address
 * of ours that its client had asked. Answers are received where they are sent
 * from: nothing is copied.
 */

#include "relay/thread.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

struct batch {
	unsigned char *bytes; /* DATAGRAMS_AT_ONCE buffers; memory as they are touched */
	struct mmsghdr messages[DATAGRAMS_AT_ONCE];
	struct iovec parts[DATAGRAMS_AT_ONCE];
	union socket_address addresses[DATAGRAMS_AT_ONCE];
	_Alignas(struct cmsghdr) unsigned char controls[DATAGRAMS_AT_ONCE][LOCAL_CONTROL_SIZE];
};

struct postbox {
	struct batch in, out;
	int out_fd;
	unsigned out_count;
	struct mmsghdr run[DATAGRAMS_AT_ONCE]; /* of one guest, one behind the other */
	unsigned run_count;
	struct guest *run_guest;
};

static void
batch_init(struct batch *batch)
{
	batch->bytes = mem_new_array(DATAGRAMS_AT_ONCE, DATAGRAM_LIMIT);
}

/* The place of one message, to be received into. */
static struct msghdr *
batch_open(struct batch *batch, unsigned i, bool has_sender)
{
	struct msghdr *message = &batch->messages[i].msg_hdr;

	batch->parts[i] =
		(struct iovec){ batch->bytes + (size_t)i * DATAGRAM_LIMIT, DATAGRAM_LIMIT };
	*message = (struct msghdr){ .msg_iov = &batch->parts[i], .msg_iovlen = 1 };
	if (has_sender) {
		message->msg_name = &batch->addresses[i];
		message->msg_namelen = sizeof batch->addresses[i];
		message->msg_control = batch->controls[i];
		message->msg_controllen = sizeof batch->controls[i];
	}
	return message;
}

struct postbox *
postbox_new(void)
{
	struct postbox *box = mem_new(sizeof *box);

	batch_init(&box->in);
	batch_init(&box->out);
	box->out_fd = -1;
	return box;
}

void
postbox_free(struct postbox *box)
{
	mem_free(box->in.bytes);
	mem_free(box->out.bytes);
	mem_free(box);
}

/*
 * Send them all; one that cannot be sent is lost, as datagrams are. Returns how many
 * were not, and adds up the bytes of those that were.
 */
static unsigned
send_all(int fd, struct mmsghdr *messages, unsigned count, uint64_t *ret_bytes)
{
	unsigned done = 0, lost = 0;

	*ret_bytes = 0;
	while (done < count) {
		int sent = sendmmsg(fd, messages + done, count - done, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return lost + count - done;
		if (sent <= 0) {
			/* It may be what an earlier one met (ICMP): told once, and over. */
			if (errno != ECONNREFUSED ||
			    sendmmsg(fd, messages + done, 1, MSG_NOSIGNAL) != 1)
				lost++;
			sent = 1;
		}
		for (int i = 0; i < sent; i++)
			*ret_bytes += messages[done + (unsigned)i].msg_len;
		done += (unsigned)sent;
	}
	return lost;
}

/* ---- to the game ---- */

static void
run_flush(struct relay_thread *thread)
{
	struct postbox *box = thread->guests->postbox;
	struct guest *guest = TAKE(box->run_guest);
	unsigned count = box->run_count, lost;
	uint64_t bytes;

	box->run_count = 0;
	if (guest == NULL)
		return;
	lost = send_all(guest->backend, box->run, count, &bytes);
	stat_add(&thread->stats.datagrams_up, count - lost);
	stat_add(&thread->stats.datagrams_unsent, lost);
	stat_add(&thread->stats.bytes_up, bytes);
}

void
post_to_game(struct relay_thread *thread, struct guest *guest, const unsigned char *bytes,
	     size_t length)
{
	struct iovec part = { (void *)(uintptr_t)bytes, length };
	struct mmsghdr message = { .msg_hdr = { .msg_iov = &part, .msg_iovlen = 1 } };
	uint64_t sent;
	unsigned lost = send_all(guest->backend, &message, 1, &sent);

	stat_add(&thread->stats.datagrams_up, 1 - lost);
	stat_add(&thread->stats.datagrams_unsent, lost);
	stat_add(&thread->stats.bytes_up, sent);
}

static bool
incoming_read(struct batch *in, unsigned i, struct incoming *incoming)
{
	const struct mmsghdr *message = &in->messages[i];

	*incoming = (struct incoming){ .bytes = in->parts[i].iov_base,
				       .length = message->msg_len,
				       .address = &in->addresses[i] };
	if ((message->msg_hdr.msg_flags & MSG_TRUNC) != 0 ||
	    !socket_control_read(&message->msg_hdr, &incoming->local))
		return false;
	socket_address_read(&in->addresses[i], &incoming->ip, &incoming->port);
	return incoming->port != 0;
}

static void
take_one(struct relay_thread *thread, struct listening *listening, unsigned i)
{
	struct postbox *box = thread->guests->postbox;
	struct incoming incoming;
	struct guest *guest;

	if (!incoming_read(&box->in, i, &incoming))
		return;
	guest = guests_find(thread->guests, listening, &incoming);
	/* What follows may end guests: nothing of one is left unsent then. */
	if (guest == NULL || guest != box->run_guest)
		run_flush(thread);
	if (guest == NULL) {
		guest_arrive(thread, listening, &incoming);
	} else if (guest_hear(thread, guest, &incoming)) {
		box->in.parts[i].iov_len = incoming.length;
		box->run[box->run_count++].msg_hdr =
			(struct msghdr){ .msg_iov = &box->in.parts[i], .msg_iovlen = 1 };
		box->run_guest = guest;
	}
}

void
on_datagrams(struct relay_thread *thread, struct listening *listening)
{
	struct batch *in = &thread->guests->postbox->in;

	for (int reads = 0; reads < DATAGRAM_READS; reads++) {
		int count;

		for (unsigned i = 0; i < DATAGRAMS_AT_ONCE; i++)
			(void)batch_open(in, i, true);
		count = recvmmsg(listening->fd, in->messages, DATAGRAMS_AT_ONCE, MSG_DONTWAIT,
				 NULL);
		for (int i = 0; i < count; i++)
			take_one(thread, listening, (unsigned)i);
		run_flush(thread);
		if (count < DATAGRAMS_AT_ONCE)
			return;
	}
}

/* ---- to the clients ---- */

void
post_flush(struct relay_thread *thread)
{
	struct postbox *box;
	unsigned count, lost;
	uint64_t bytes;

	if (thread->guests == NULL || thread->guests->postbox->out_count == 0)
		return;
	box = thread->guests->postbox;
	count = box->out_count;
	lost = send_all(box->out_fd, box->out.messages, count, &bytes);
	box->out_count = 0;
	stat_add(&thread->stats.datagrams_down, count - lost);
	stat_add(&thread->stats.datagrams_unsent, lost);
	stat_add(&thread->stats.bytes_down, bytes);
}

void
post_forget(struct relay_thread *thread, int fd)
{
	if (thread->guests != NULL && thread->guests->postbox->out_fd == fd)
		post_flush(thread);
}

/* Room for at least one that leaves by this listener. */
static struct postbox *
postbox_for(struct relay_thread *thread, const struct listening *listening)
{
	struct postbox *box = thread->guests->postbox;

	if (box->out_fd != listening->fd || box->out_count == DATAGRAMS_AT_ONCE)
		post_flush(thread);
	box->out_fd = listening->fd;
	return box;
}

/* One more is ready: `length` bytes are in their place. */
static void
out_add(struct postbox *box, size_t length, const union socket_address *to, const struct ip *local)
{
	unsigned i = box->out_count++;
	struct msghdr *message = &box->out.messages[i].msg_hdr;

	box->out.parts[i].iov_len = length;
	box->out.addresses[i] = *to;
	message->msg_name = &box->out.addresses[i];
	message->msg_namelen = to->any.sa_family == AF_INET ? sizeof to->v4 : sizeof to->v6;
	memset(box->out.controls[i], 0, sizeof box->out.controls[i]);
	socket_control_put(message, box->out.controls[i], to, local);
}

void
post_answer(struct relay_thread *thread, struct listening *listening, const struct incoming *to,
	    const struct buf *answer)
{
	struct postbox *box = postbox_for(thread, listening);

	ASSERT(answer->length <= DATAGRAM_LIMIT);
	(void)batch_open(&box->out, box->out_count, false);
	memcpy(box->out.parts[box->out_count].iov_base, answer->data, answer->length);
	out_add(box, answer->length, to->address, &to->local);
}

bool
post_from_game(struct relay_thread *thread, struct guest *guest)
{
	struct postbox *box = postbox_for(thread, guest->listening);
	unsigned first = box->out_count, room = DATAGRAMS_AT_ONCE - first;
	socklen_t size = sizeof(int);
	int count, error;

	for (unsigned i = first; i < DATAGRAMS_AT_ONCE; i++)
		(void)batch_open(&box->out, i, false);
	count = recvmmsg(guest->backend, &box->out.messages[first], room, MSG_DONTWAIT, NULL);
	if (count < 0) {
		/* Nobody listens there (ICMP): it may again; whether, the table says. */
		if (errno == EAGAIN)
			(void)getsockopt(guest->backend, SOL_SOCKET, SO_ERROR, &error, &size);
		COUNT(thread, datagrams_unreachable);
		return false;
	}
	for (int i = 0; i < count; i++)
		out_add(box, box->out.messages[first + (unsigned)i].msg_len, &guest->address,
			&guest->local);
	/* What there is besides, epoll tells again; the others have their turn first. */
	return count > 0;
}
