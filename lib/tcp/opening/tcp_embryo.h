// SPDX-License-Identifier: MIT
//
// Who has sent a SYN and not yet answered ours? The SYN-RECEIVED of passive opens: small, bounded,
// forgotten after TCP_SYN_ACK_RETRIES repeats.
#ifndef BERTH_TCP_EMBRYO_H
#define BERTH_TCP_EMBRYO_H

#include <berth/drop.h>

#include "../../base/memory.h"
#include "../tcp_limits.h"
#include "tcp_negotiate.h"
#include "tcp_table.h"

struct tcp_layer;
struct tcp_listener;
struct tcp_segment;
struct ip_error;

struct tcp_embryo {
	struct tcp_table_entry entry;
	struct list_node wait_node;     // in waits[repeats]
	struct list_node listener_node; // of its listener's embryos
	struct tcp_listener *listener;
	uint64_t deadline_at;
	uint64_t first_sent_at; // SYN,ACK
	uint64_t challenged_at; // last answer to something unacceptable
	struct tcp_agreed agreed;
	tcp_seq iss, irs;
	uint16_t window; // offered in the SYN,ACK
	uint8_t repeats; // of the SYN,ACK by the timer
	bool was_resent; // at all: then the handshake measures no round trip (Karn)
	bool is_acked;   // TCP_DEFER_ACCEPT: the handshake is done, data is awaited
};

// The n-th wait lasts equally long for all (1, 2, 4 … s), so each is a FIFO and the wheel is not
// needed.
struct tcp_embryos {
	struct object_pool pool;
	struct list waits[TCP_SYN_ACK_RETRIES + 1];
};

void tcp_embryos_init(struct tcp_embryos *embryos, struct memory *memory, uint32_t used_max);
void tcp_embryos_clear(struct tcp_layer *tcp);
uint64_t tcp_embryos_deadline(const struct tcp_embryos *embryos);
void tcp_embryos_advance(struct tcp_layer *tcp, uint64_t now);

// A SYN for listener: answer it, and remember. iss_at_least: as in tcp_isn_choose.
enum berth_drop tcp_embryo_conceive(struct tcp_layer *tcp, struct tcp_listener *listener,
				    const struct tcp_segment *segment, const tcp_seq *iss_at_least,
				    uint64_t now);
// A segment for an embryo. It may become a connection here.
enum berth_drop tcp_embryo_receive(struct tcp_layer *tcp, struct tcp_embryo *embryo,
				   struct tcp_segment *segment, uint64_t now);
void tcp_embryo_on_error(struct tcp_layer *tcp, struct tcp_embryo *embryo,
			 const struct ip_error *error);
void tcp_embryo_free(struct tcp_layer *tcp, struct tcp_embryo *embryo);

#endif
