// SPDX-License-Identifier: MIT
//
// The send ring. It holds no memory while it is empty, and grows with what is really in flight, up
// to the congestion window: twice that keeps the wire busy and lets the flight double in a round
// trip, and a ring that fits the cache is worth more than a long one.
//
// Not here: what goes out when (tcp_send_decide.c).
#include "tcp_send_buffer.h"

#include "../../base/numbers.h"
#include "../tcp_changes.h"
#include "../tcp_layer.h"

void tcp_send_buffer_init(struct tcp_send_buffer *buffer, tcp_seq begin)
{
	byte_ring_init(&buffer->ring);
	buffer->begin = begin;
	buffer->more = false;
	buffer->override_hold = false;
}

void tcp_send_buffer_release(struct tcp_send_buffer *buffer, struct buffer_pool *buffers)
{
	buffer->begin = tcp_send_buffer_end(buffer);
	byte_ring_release(&buffer->ring, buffers);
}

uint32_t tcp_send_buffer_limit(const struct tcp_conn *conn, uint32_t bytes_max)
{
	const struct tcp_settings *settings = &conn->settings;
	const struct tcp_congestion *congestion = &conn->congestion;
	uint32_t used_bytes = min_u32(congestion->cwnd_bytes, congestion->in_flight_max_bytes);

	if (settings->send_bytes_max != 0)
		return min_u32(max_u32(settings->send_bytes_max, TCP_SEND_BUFFER_MIN_BYTES),
			       BUFFER_BYTES_MAX);
	return min_u32(max_u32(2 * used_bytes, TCP_SEND_BUFFER_INITIAL_BYTES),
		       min_u32(bytes_max, BUFFER_BYTES_MAX));
}

uint32_t tcp_send_buffer_unsent(const struct tcp_conn *conn)
{
	int32_t unsent = tcp_seq_distance(conn->snd.nxt, tcp_send_buffer_end(&conn->unsent));

	return unsent > 0 ? (uint32_t)unsent : 0;
}

bool tcp_send_buffer_has_room(const struct tcp_layer *tcp, const struct tcp_conn *conn)
{
	if (conn->unsent.ring.used >= tcp_send_buffer_limit(conn, tcp->config.tcp_send_bytes_max))
		return false;
	return conn->settings.notsent_low_water == 0 ||
	       tcp_send_buffer_unsent(conn) < conn->settings.notsent_low_water;
}

uint32_t tcp_send_buffer_write(struct tcp_send_buffer *buffer, struct buffer_pool *buffers,
			       uint32_t limit, const void *data, size_t length)
{
	struct byte_ring *ring = &buffer->ring;
	uint32_t room = limit > ring->used ? limit - ring->used : 0;
	uint32_t taken = (uint32_t)(length < room ? length : room);

	if (taken == 0)
		return 0;
	if (!byte_ring_reserve(ring, buffers, ring->used + taken, ring->used)) {
		taken = min_u32(taken, ring->capacity - ring->used);
		if (taken == 0)
			return 0;
	}
	byte_ring_write_at(ring, ring->used, data, taken);
	byte_ring_grow_used(ring, taken);
	return taken;
}

uint32_t tcp_send_buffer_space(struct tcp_send_buffer *buffer, struct buffer_pool *buffers,
			       uint32_t limit, size_t min_bytes, struct berth_slice slices[2])
{
	struct byte_ring *ring = &buffer->ring;
	uint32_t room = limit > ring->used ? limit - ring->used : 0;
	uint32_t wanted = (uint32_t)(min_bytes < room ? min_bytes : room);

	if (room == 0)
		return 0;
	if (ring->capacity - ring->used < max_u32(wanted, 1) &&
	    !byte_ring_reserve(ring, buffers, ring->used + max_u32(wanted, 1), ring->used))
		return 0;
	room = min_u32(room, ring->capacity - ring->used);
	byte_ring_slices(ring, ring->used, room, slices);
	return room;
}

void tcp_send_buffer_commit(struct tcp_send_buffer *buffer, uint32_t length)
{
	byte_ring_grow_used(&buffer->ring, length);
}

void tcp_send_buffer_set_more(struct tcp_send_buffer *buffer, bool more)
{
	buffer->more = more;
}

void tcp_send_buffer_set_override(struct tcp_send_buffer *buffer, bool override_hold)
{
	buffer->override_hold = override_hold;
}

uint32_t tcp_send_buffer_drop(struct tcp_send_buffer *buffer, struct buffer_pool *buffers,
			      tcp_seq una)
{
	int32_t distance = tcp_seq_distance(buffer->begin, una);
	uint32_t freed;

	if (distance <= 0)
		return 0;
	freed = min_u32((uint32_t)distance, buffer->ring.used); // FIN stands behind the last byte
	buffer->begin = tcp_seq_add(buffer->begin, freed);
	byte_ring_consume(&buffer->ring, freed);
	if (buffer->ring.used == 0)
		byte_ring_release(&buffer->ring, buffers);
	return freed;
}

// DECIDES: is it worth waking the writer? When a third of the buffer is free, as Linux, and half of
// the low water of unsent bytes.
static bool writer_should_wake(const struct tcp_layer *tcp, const struct tcp_conn *conn)
{
	uint32_t limit = tcp_send_buffer_limit(conn, tcp->config.tcp_send_bytes_max);
	uint32_t low_water = conn->settings.notsent_low_water;

	if (conn->unsent.ring.used > limit - limit / 3)
		return false;
	return low_water == 0 || tcp_send_buffer_unsent(conn) <= low_water / 2;
}

void tcp_send_buffer_wake(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	if (!conn->writer_waits || conn->fin_queued || !writer_should_wake(tcp, conn))
		return;
	conn->writer_waits = false;
	tcp_change(tcp, conn, TCP_CHANGED_WRITABLE);
}
