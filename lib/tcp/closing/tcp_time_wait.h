// SPDX-License-Identifier: MIT
//
// Who waits until old duplicates have died? The remnants of connections that closed first.
#ifndef BERTH_TCP_TIME_WAIT_H
#define BERTH_TCP_TIME_WAIT_H

#include <berth/drop.h>

#include "../../base/memory.h"
#include "../opening/tcp_table.h"
#include "../tcp_seq.h"

struct tcp_conn;
struct tcp_layer;
struct tcp_segment;

struct tcp_remnant {
	struct tcp_table_entry entry;
	struct list_node node; // oldest first
	uint64_t expires_at;
	tcp_seq snd_nxt, rcv_nxt;
	uint32_t timestamp_recent, timestamp_offset;
	uint32_t challenged_at_ms; // last answer to something unacceptable
	uint16_t window;           // last offered, unscaled
	bool has_timestamps;
	bool inbound;
};

// All wait equally long, so the list is in order of expiry.
struct tcp_remnants {
	struct object_pool pool;
	struct list waiting;
	uint64_t wait_ns;
	uint32_t used_max;
};

void tcp_remnants_init(struct tcp_remnants *remnants, struct memory *memory, uint32_t used_max,
		       uint64_t wait_ns);
void tcp_remnants_clear(struct tcp_layer *tcp);
uint64_t tcp_remnants_deadline(const struct tcp_remnants *remnants);
void tcp_remnants_advance(struct tcp_layer *tcp, uint64_t now);

// conn, still in the table, is replaced by a remnant there. Without memory it simply ends.
void tcp_time_wait_enter(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);

enum tcp_time_wait_choice {
	TCP_TIME_WAIT_IGNORE, // drop
	TCP_TIME_WAIT_ACK,    // answer with an ACK
	TCP_TIME_WAIT_RENEW,  // the peer's FIN again: ACK, and wait from now
	TCP_TIME_WAIT_REOPEN, // a SYN of a new incarnation
};

// DECIDES: what a segment means in TIME-WAIT (RFC 9293 3.10.7.4, RFC 1337, RFC 6191)
enum tcp_time_wait_choice tcp_time_wait_decide(const struct tcp_remnant *remnant,
					       const struct tcp_segment *segment);
// DECIDES: may our own connect take this tuple already? (RFC 6191, seen from the other side)
bool tcp_time_wait_may_reuse(const struct tcp_remnants *remnants, const struct tcp_remnant *remnant,
			     uint64_t now);
// Where the sequence numbers of a new incarnation must begin at least (RFC 9293 3.4.1).
tcp_seq tcp_time_wait_next_iss(const struct tcp_remnant *remnant);

// A segment for a remnant; not one that reopens.
enum berth_drop tcp_time_wait_receive(struct tcp_layer *tcp, struct tcp_remnant *remnant,
				      const struct tcp_segment *segment, uint64_t now);
void tcp_remnant_free(struct tcp_layer *tcp, struct tcp_remnant *remnant);

#endif
