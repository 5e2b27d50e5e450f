// SPDX-License-Identifier: MIT
//
// Which bytes has the program given us that the peer has not acknowledged? A ring from the first
// unacknowledged byte on.
#ifndef BERTH_TCP_SEND_BUFFER_H
#define BERTH_TCP_SEND_BUFFER_H

#include "../../base/byte_ring.h"
#include "../tcp_seq.h"

struct tcp_settings;
struct tcp_conn;
struct tcp_layer;

struct tcp_send_buffer {
	struct byte_ring ring;
	tcp_seq begin;      // of the ring's first byte
	bool more;          // the last send said that more follows
	bool override_hold; // the timer says: no more waiting for a full segment
};

void tcp_send_buffer_init(struct tcp_send_buffer *buffer, tcp_seq begin);
void tcp_send_buffer_release(struct tcp_send_buffer *buffer, struct buffer_pool *buffers);
static inline tcp_seq tcp_send_buffer_end(const struct tcp_send_buffer *buffer)
{
	return tcp_seq_add(buffer->begin, buffer->ring.used);
}

// DECIDES how many bytes the buffer may hold now: what SO_SNDBUF says, or twice the flight.
uint32_t tcp_send_buffer_limit(const struct tcp_conn *conn, uint32_t bytes_max);
// Room for one more byte, as a writer sees it (TCP_NOTSENT_LOWAT too).
bool tcp_send_buffer_has_room(const struct tcp_layer *tcp, const struct tcp_conn *conn);
// Bytes given but never sent.
uint32_t tcp_send_buffer_unsent(const struct tcp_conn *conn);

// A writer that waits hears of room, when there is enough of it.
void tcp_send_buffer_wake(struct tcp_layer *tcp, struct tcp_conn *conn);

// As many as fit; 0: no room or no memory.
uint32_t tcp_send_buffer_write(struct tcp_send_buffer *buffer, struct buffer_pool *buffers,
			       uint32_t limit, const void *data, size_t length);
uint32_t tcp_send_buffer_space(struct tcp_send_buffer *buffer, struct buffer_pool *buffers,
			       uint32_t limit, size_t min_bytes, struct berth_slice slices[2]);
void tcp_send_buffer_commit(struct tcp_send_buffer *buffer, uint32_t length);
void tcp_send_buffer_set_more(struct tcp_send_buffer *buffer, bool more);
void tcp_send_buffer_set_override(struct tcp_send_buffer *buffer, bool override_hold);
// Step 8 of tcp_ack_process: una is acknowledged. Returns the bytes freed.
uint32_t tcp_send_buffer_drop(struct tcp_send_buffer *buffer, struct buffer_pool *buffers,
			      tcp_seq una);

#endif
