// SPDX-License-Identifier: MIT
//
// Bytes between a program and its connection: in and out of the two rings.
//
// Not here: when they are sent (sender/tcp_send_decide.c) and which window reading opens
// (receiver/tcp_receive_window.c).
#include <errno.h>

#include "../base/numbers.h"
#include "receiver/tcp_receiver.h"
#include "tcp_layer.h"
#include "tcp_output.h"

static bool was_never_connected(const struct tcp_conn *conn)
{
	return conn->state == TCP_STATE_CLOSED && !conn->was_established;
}

// DECIDES: what does a writer hear before anything is taken?
static int check_may_write(struct tcp_conn *conn)
{
	if (conn->error != 0)
		return -tcp_take_error(conn);
	if (tcp_state_is_opening(conn->state)) {
		if (conn->fin_queued)
			return -EPIPE;
		conn->writer_waits = true;
		return -EAGAIN;
	}
	if (was_never_connected(conn) && conn->entry.remote.port == 0)
		return -ENOTCONN;
	if (conn->fin_queued || !tcp_state_may_send_data(conn->state))
		return -EPIPE;
	return 0;
}

static uint32_t buffer_limit(const struct tcp_layer *tcp, const struct tcp_conn *conn)
{
	return tcp_send_buffer_limit(conn, tcp->config.tcp_send_bytes_max);
}

int64_t tcp_send(struct tcp_layer *tcp, struct tcp_conn *conn, const void *data, size_t length,
		 bool more, uint64_t now)
{
	int error = check_may_write(conn);
	uint32_t taken = 0;

	(void)now;
	if (error < 0)
		return error;
	if (length == 0)
		return 0;
	if (tcp_send_buffer_has_room(tcp, conn))
		taken = tcp_send_buffer_write(&conn->unsent, tcp->buffers, buffer_limit(tcp, conn),
					      data, length);
	if (taken < length)
		conn->writer_waits = true;
	if (taken == 0)
		return -EAGAIN;
	tcp_send_buffer_set_more(&conn->unsent, more && taken == length);
	tcp_output_request(tcp, conn);
	return taken;
}

int64_t tcp_send_space(struct tcp_layer *tcp, struct tcp_conn *conn, size_t min_bytes,
		       struct berth_slice slices[2])
{
	int error = check_may_write(conn);
	uint32_t room = 0;

	slices[0] = slices[1] = (struct berth_slice){0};
	if (error < 0)
		return error;
	if (tcp_send_buffer_has_room(tcp, conn))
		room = tcp_send_buffer_space(&conn->unsent, tcp->buffers, buffer_limit(tcp, conn),
					     min_bytes, slices);
	if (room == 0)
		conn->writer_waits = true;
	return room;
}

int tcp_send_commit(struct tcp_layer *tcp, struct tcp_conn *conn, size_t length, bool more,
		    uint64_t now)
{
	int error = check_may_write(conn);
	const struct byte_ring *ring = &conn->unsent.ring;

	(void)now;
	if (error < 0)
		return error;
	if (length > ring->capacity - ring->used)
		return -EINVAL;
	if (length == 0)
		return 0;
	tcp_send_buffer_commit(&conn->unsent, (uint32_t)length);
	tcp_send_buffer_set_more(&conn->unsent, more);
	if (!tcp_send_buffer_has_room(tcp, conn))
		conn->writer_waits = true;
	tcp_output_request(tcp, conn);
	return 0;
}

int64_t tcp_receive_slices(struct tcp_conn *conn, struct berth_slice slices[2], bool *ret_finished)
{
	uint32_t unread = tcp_receiver_unread_bytes(conn);

	slices[0] = slices[1] = (struct berth_slice){0};
	*ret_finished = false;
	if (unread > 0) {
		byte_ring_slices(&conn->received.ring, 0, unread, slices);
		return unread;
	}
	if (tcp_receiver_is_finished(conn) || conn->read_shut) {
		*ret_finished = true;
		return 0;
	}
	if (conn->error != 0)
		return -tcp_take_error(conn);
	if (tcp_state_is_opening(conn->state))
		return 0;
	if (conn->state == TCP_STATE_CLOSED) {
		if (!conn->was_established)
			return -ENOTCONN;
		*ret_finished = true;
	}
	return 0;
}

int tcp_receive_consume(struct tcp_layer *tcp, struct tcp_conn *conn, size_t length, uint64_t now)
{
	if (length > tcp_receiver_unread_bytes(conn))
		return -EINVAL;
	if (length > 0)
		tcp_receiver_consume(tcp, conn, (uint32_t)length, now);
	return 0;
}
