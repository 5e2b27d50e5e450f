// SPDX-License-Identifier: MIT
//
// What has arrived, in order and not? A ring into which every byte is written at its place, and a
// range set of those that came early. There is no queue of packets.
#ifndef BERTH_TCP_REASSEMBLY_H
#define BERTH_TCP_REASSEMBLY_H

#include "../../base/byte_ring.h"
#include "../../base/range_set.h"
#include "../../base/slices.h"
#include "tcp_sack_blocks.h"

struct tcp_receive_buffer {
	struct byte_ring ring;  // used: in order, not read yet
	struct range_set early; // by position; none at or below next_position
	uint64_t next_position; // of RCV.NXT's byte: how many came in order so far
	struct tcp_sack_recent recent;
	uint32_t ring_peak_bytes; // the most it had to hold since it was last empty
	tcp_seq fin;              // the number of the peer's FIN
	bool fin_is_known;        // it has been seen
	bool is_finished;         // it is in sequence
	bool discards;            // nobody will read
};

enum tcp_stored {
	TCP_STORED_IN_ORDER,
	TCP_STORED_EARLY,
	TCP_STORED_NOTHING, // all of it was here
	TCP_STORED_NO_MEMORY,
	TCP_STORED_TOO_MANY_HOLES,
};

void tcp_reassembly_init(struct tcp_receive_buffer *buffer);
void tcp_reassembly_release(struct tcp_receive_buffer *buffer, struct buffer_pool *buffers,
			    struct memory *memory);

// Bytes whose first stands `offset` after RCV.NXT. *ret_advanced: how far RCV.NXT moves.
enum tcp_stored tcp_reassembly_store(struct tcp_receive_buffer *buffer, struct buffer_pool *buffers,
				     struct memory *memory, uint32_t offset,
				     const struct slices *payload, uint32_t *ret_advanced);
// Bytes that were here already arrived again.
void tcp_reassembly_duplicate(struct tcp_receive_buffer *buffer, tcp_seq begin, tcp_seq end);
void tcp_reassembly_set_fin(struct tcp_receive_buffer *buffer, tcp_seq fin);
void tcp_reassembly_finish(struct tcp_receive_buffer *buffer);
void tcp_reassembly_discard(struct tcp_receive_buffer *buffer, struct buffer_pool *buffers,
			    struct memory *memory);
void tcp_reassembly_consume(struct tcp_receive_buffer *buffer, struct buffer_pool *buffers,
			    uint32_t length);
static inline bool tcp_reassembly_has_holes(const struct tcp_receive_buffer *buffer)
{
	return range_set_count(&buffer->early) > 0;
}

#endif
