// SPDX-License-Identifier: MIT
//
// Looking inside: the connection table, counters, neighbours.
#ifndef BERTH_INSPECT_H
#define BERTH_INSPECT_H

#include "socket.h"

#ifdef __cplusplus
extern "C" {
#endif

enum berth_timer_kind {
	BERTH_TIMER_NONE = 0,
	BERTH_TIMER_RETRANSMIT,
	BERTH_TIMER_KEEPALIVE,
	BERTH_TIMER_TIME_WAIT,
	BERTH_TIMER_PERSIST,
	BERTH_TIMER_LOSS_PROBE,
	BERTH_TIMER_REORDERING,
	BERTH_TIMER_FIN_WAIT_2,
};

// One row of the connection table. TIME-WAIT and half-open connections have no socket (0).
struct berth_connection_info {
	berth_socket socket;
	uint64_t tag;
	uint8_t protocol; // enum berth_protocol
	uint8_t family;   // of the socket: an IPv6 socket may hold mapped IPv4 addresses
	uint8_t state;    // enum berth_tcp_state; UDP: ESTABLISHED when connected, else CLOSED
	uint8_t timer;    // enum berth_timer_kind
	uint8_t inbound;  // 1: the other side began
	uint8_t has_next_hop;
	uint8_t retransmits;
	uint8_t v6only;
	struct berth_endpoint local;
	struct berth_endpoint remote; // port 0: none
	uint32_t receive_queue;       // bytes not yet read; LISTEN: connections not yet accepted
	uint32_t send_queue;          // bytes not yet acknowledged; LISTEN: the backlog
	uint64_t timer_deadline_ns;   // BERTH_NEVER without a timer
	int32_t interface_index;      // -1: none or loopback
	struct berth_address next_hop_address;
	struct berth_mac next_hop; // valid when has_next_hop
	int32_t error;             // pending, positive errno
};

// Walk all rows: begin with *cursor = 0, stop at false. Sockets opened or closed meanwhile may be
// seen or not; no row is seen twice.
bool berth_inspect_next(struct berth_host *host, uint64_t *cursor,
			struct berth_connection_info *ret_info);

// The row of one socket. -EBADF.
int berth_inspect_socket(struct berth_host *host, berth_socket socket,
			 struct berth_connection_info *ret_info);

struct berth_counters {
	uint64_t frames_in, frames_out, bytes_in, bytes_out;
	uint64_t tcp_segments_in, tcp_segments_out, tcp_retransmitted;
	uint64_t tcp_opened_active, tcp_opened_passive, tcp_failed, tcp_resets_sent, tcp_resets_in;
	uint64_t tcp_rto_fired, tcp_fast_recoveries, tcp_loss_probes, tcp_spurious_recoveries;
	uint64_t udp_in, udp_out;
	uint64_t icmp_in, icmp_out;
	uint64_t memory_bytes;    // held from the allocator now
	uint64_t tcp_connections; // now
	uint64_t tcp_embryos;     // now
	uint64_t tcp_remnants;    // now
	uint64_t dropped[BERTH_DROP_COUNT];
};

void berth_inspect_counters(const struct berth_host *host, struct berth_counters *ret_counters);

struct berth_neighbor_info {
	int32_t interface_index;
	struct berth_address address;
	struct berth_mac mac;
	const char *state; // "INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED"
};

bool berth_inspect_neighbor(struct berth_host *host, uint64_t *cursor,
			    struct berth_neighbor_info *ret_info);

// One connection on one screen, in the RFC's words, for people. Returns text. A socket that is not
// open says so.
const char *berth_inspect_dump(struct berth_host *host, berth_socket socket, char *text,
			       size_t size, uint64_t now_ns);

// "ESTABLISHED", "LISTEN", "SYN-SENT", …: RFC 9293's names.
const char *berth_tcp_state_name(enum berth_tcp_state state);

#ifdef __cplusplus
}
#endif

#endif
