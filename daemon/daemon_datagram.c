// SPDX-License-Identifier: MIT
//
// UDP: between a program's pair and its berth socket.
//
// One message of the pair is one datagram. Not connected, it carries its addresses in a header in
// front of it; connected, it is the payload alone, so that plain read and write work.
//
// The pair is only as long as a datagram socket's queue. When it is full, one datagram waits here,
// the others in the berth socket's own bounded queue, where those that do not fit are counted as
// UDP counts them. What a program sends and no cable takes is lost, as anywhere with UDP, and
// counted.
//
// An error (ICMP says: nobody there) goes to the board; an empty message wakes the program to look.
#include "daemon_datagram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon.h"
#include "daemon_reframe.h"

void daemon_datagram_clear(struct daemon_datagram *datagram)
{
	free(datagram->waiting);
	datagram->waiting = NULL;
}

int daemon_datagram_connect(struct daemon *daemon, struct daemon_slot *slot,
			    const struct berth_endpoint *remote, int program_fd)
{
	bool framed = remote->address.family == BERTH_FAMILY_NONE;
	struct reframed *taken = NULL;
	int result;

	if (program_fd >= 0 && framed != slot->datagram.framed)
		taken = daemon_reframe_take(daemon, slot, program_fd);
	result = berth_socket_connect(slot->host->berth, slot->socket, remote, daemon->loop.now);
	if (result == 0)
		slot->datagram.framed = framed;
	daemon_reframe_give(slot, taken);
	daemon_rows_write(daemon, slot);
	return -result;
}

int daemon_datagram_shut_down(struct daemon *daemon, struct daemon_slot *slot,
			      enum berth_shutdown how)
{
	struct daemon_pair *pair = &slot->pair;
	int result = berth_socket_shutdown(slot->host->berth, slot->socket, how, daemon->loop.now);

	if (result == 0 || result == -ENOTCONN) {
		if (how != BERTH_SHUTDOWN_WRITE)
			daemon_pair_give_fin(pair);
		if (how != BERTH_SHUTDOWN_READ)
			daemon_pair_take_fin(pair);
		slot->datagram.is_shut_down = pair->fin_given && pair->fin_taken;
	}
	daemon_rows_write(daemon, slot);
	return -result;
}

static bool header_is_good(const struct berth_datagram_header *header)
{
	const struct berth_endpoint *remote = &header->remote;

	return header->magic == BERTH_CONTROL_MAGIC && remote->port != 0 &&
	       (remote->address.family == BERTH_FAMILY_IPV4 ||
		remote->address.family == BERTH_FAMILY_IPV6);
}

// A datagram of the program's, to where its header, or the connection, says. A negative errno: not
// sent.
static int64_t send_one(struct daemon *daemon, struct daemon_slot *slot, const uint8_t *bytes,
			size_t length)
{
	struct berth_host *berth = slot->host->berth;
	struct berth_datagram_header header;

	if (!slot->datagram.framed)
		return berth_socket_send(berth, slot->socket, bytes, length, 0, daemon->loop.now);
	if (length < sizeof(header))
		return -EINVAL;
	memcpy(&header, bytes, sizeof(header));
	if (!header_is_good(&header))
		return -EINVAL;
	return berth_socket_send_to(berth, slot->socket, &header.remote, bytes + sizeof(header),
				    length - sizeof(header), daemon->loop.now);
}

// The program hears of it: at once by an empty message when it is connected, else by SO_ERROR.
static void report_error(struct daemon *daemon, struct daemon_slot *slot, int error)
{
	slot->error = error;
	slot->datagram.notice = !slot->datagram.framed;
	daemon_rows_write(daemon, slot);
}

static void send_or_count(struct daemon *daemon, struct daemon_slot *slot, const uint8_t *bytes,
			  size_t length)
{
	struct daemon_datagram *datagram = &slot->datagram;
	int64_t first = send_one(daemon, slot, bytes, length), result = first;

	if (first == -EINVAL) {
		datagram->malformed++;
		return;
	}
	if (first < 0) { // full, or an older error came back instead: once more
		daemon_host_flush(daemon, slot->host);
		result = send_one(daemon, slot, bytes, length);
	}
	if (result < 0)
		datagram->unsent++;
	if (first < 0 && first != -EAGAIN && first != -ENOBUFS)
		report_error(daemon, slot, (int)-first);
}

enum taken { TAKEN_NONE, TAKEN_END, TAKEN_CUT, TAKEN_WHOLE };

// The next message of the program. Credentials come with every message and not with the end.
static enum taken take_message(struct daemon *daemon, struct daemon_slot *slot, size_t *ret_length)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(16 * sizeof(int))];
	} control;
	struct iovec place = {daemon->scratch, sizeof(daemon->scratch)};
	struct msghdr message = {.msg_iov = &place,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	ssize_t length = recvmsg(slot->pair.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (length < 0)
		return errno == ECONNRESET || errno == EINTR ? TAKEN_CUT : TAKEN_NONE;
	daemon_control_close_descriptors(&message);
	if (length == 0 && message.msg_controllen == 0)
		return TAKEN_END;
	*ret_length = (size_t)length;
	return message.msg_flags & MSG_TRUNC ? TAKEN_CUT : TAKEN_WHOLE;
}

// The first datagram gives the socket a port: getsockname must see it at once.
static void note_sent(struct daemon *daemon, struct daemon_slot *slot)
{
	struct berth_endpoint local;

	if (!slot->datagram.named &&
	    berth_socket_local(slot->host->berth, slot->socket, &local) == 0 && local.port != 0) {
		slot->datagram.named = true;
		daemon_rows_write(daemon, slot);
	} else {
		daemon_rows_note(daemon, slot);
	}
}

static void move_to_network(struct daemon *daemon, struct daemon_slot *slot)
{
	struct daemon_pair *pair = &slot->pair;
	bool sent = false;

	for (int budget = DAEMON_DATAGRAMS_PER_TURN; pair->readable; budget--) {
		size_t length = 0;

		if (budget == 0) {
			daemon_list_note(&daemon->slots.runnable, &slot->runnable);
			break;
		}
		switch (take_message(daemon, slot, &length)) {
		case TAKEN_NONE:
		case TAKEN_END:
			pair->readable = false;
			break;
		case TAKEN_CUT:
			slot->datagram.malformed++;
			break;
		case TAKEN_WHOLE:
			send_or_count(daemon, slot, daemon->scratch, length);
			sent = true;
			break;
		}
	}
	if (sent)
		note_sent(daemon, slot);
}

// The next datagram for the program into scratch, as the message it will be. UINT32_MAX: none.
static uint32_t receive_one(struct daemon *daemon, struct daemon_slot *slot)
{
	struct berth_datagram_header header = {.magic = BERTH_CONTROL_MAGIC};
	size_t front = slot->datagram.framed ? sizeof(header) : 0;
	int64_t length = berth_socket_receive_from(
		slot->host->berth, slot->socket, daemon->scratch + front, DAEMON_DATAGRAM_BYTES_MAX,
		&header.remote, &header.local, NULL, daemon->loop.now);

	if (length < 0) {
		if (length != -EAGAIN)
			report_error(daemon, slot, (int)-length);
		return UINT32_MAX;
	}
	if (length == 0 && header.remote.address.family == BERTH_FAMILY_NONE)
		return UINT32_MAX; // nobody sent it: reading was shut down
	memcpy(daemon->scratch, &header, front);
	return (uint32_t)(front + (size_t)length);
}

static bool give(struct daemon_slot *slot, uint8_t *bytes, uint32_t length)
{
	struct iovec from = {bytes, length};
	int64_t given = daemon_pair_give(&slot->pair, &from, 1);

	if (given == -EPIPE)
		slot->pair.deaf = true;
	return given != -EAGAIN;
}

static void keep_waiting(struct daemon_datagram *datagram, const uint8_t *bytes, uint32_t length)
{
	datagram->waiting = malloc(length ? length : 1);
	if (!datagram->waiting)
		return; // lost, as it would be with a full queue
	memcpy(datagram->waiting, bytes, length);
	datagram->waiting_bytes = length;
}

static void move_to_program(struct daemon *daemon, struct daemon_slot *slot)
{
	struct daemon_datagram *datagram = &slot->datagram;
	struct daemon_pair *pair = &slot->pair;
	uint8_t nothing = 0;
	int budget = DAEMON_DATAGRAMS_PER_TURN;

	if (datagram->waiting && pair->writable &&
	    give(slot, datagram->waiting, datagram->waiting_bytes))
		daemon_datagram_clear(datagram);
	while (!datagram->waiting && pair->writable && !pair->gone) {
		uint32_t length;

		if (budget-- == 0) {
			daemon_list_note(&daemon->slots.runnable, &slot->runnable);
			return;
		}
		length = receive_one(daemon, slot);
		if (length == UINT32_MAX)
			break;
		daemon_rows_note(daemon, slot);
		if (!pair->deaf && !give(slot, daemon->scratch, length))
			keep_waiting(datagram, daemon->scratch, length);
	}
	if (datagram->notice && pair->writable && !pair->deaf && give(slot, &nothing, 0))
		datagram->notice = false;
}

void daemon_datagram_run(struct daemon *daemon, struct daemon_slot *slot)
{
	move_to_network(daemon, slot);
	move_to_program(daemon, slot);
	daemon_slot_watch_room(daemon, slot);
	if (!slot->pair.gone || slot->pair.readable)
		return;
	if (slot->datagram.is_shut_down) // both directions ended by itself look like leaving
		daemon_slot_watch_holder(daemon, slot, slot->creator_pid);
	else
		daemon_slot_end(daemon, slot, DAEMON_END_CLOSE, true, 0);
}

void daemon_datagram_on_event(struct daemon *daemon, struct daemon_slot *slot,
			      const struct berth_event *event)
{
	if (event->what & BERTH_EVENT_ERROR) {
		report_error(daemon, slot, event->error ? event->error : slot->error);
	}
	daemon_datagram_run(daemon, slot);
}
