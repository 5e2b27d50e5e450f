// SPDX-License-Identifier: MIT
//
// How much may be under way? The interface of congestion control: an algorithm is a table of
// functions over one struct, plain arithmetic in bytes, and knows no connection.
#ifndef BERTH_TCP_CONGESTION_H
#define BERTH_TCP_CONGESTION_H

#include "../tcp_seq.h"
#include "tcp_hystart.h"

struct tcp_ack_report;
struct tcp_congestion;
struct tcp_rtt;
struct text;

// Who may call what, and when. No function may leave cwnd_bytes below one MSS.
struct tcp_congestion_ops {
	const char *name;
	void (*init)(struct tcp_congestion *congestion);
	// Bytes were delivered outside of recovery and the window was in use: grow.
	void (*on_ack)(struct tcp_congestion *congestion, const struct tcp_ack_report *report,
		       const struct tcp_rtt *rtt, uint64_t now);
	// A loss episode begins (RFC 5681 3.2): set ssthresh_bytes; cwnd is recovery's business.
	// flight_bytes: sent and not acknowledged (FlightSize).
	void (*on_loss_episode)(struct tcp_congestion *congestion, uint32_t flight_bytes,
				uint64_t now);
	// The retransmission timer fired for the first time in this episode: set ssthresh_bytes.
	void (*on_rto)(struct tcp_congestion *congestion, uint32_t flight_bytes, uint64_t now);
	// The last on_loss_episode or on_rto was a false alarm: forget what it taught.
	void (*on_undo)(struct tcp_congestion *congestion);
	// Nothing was sent for idle_ns.
	void (*on_idle)(struct tcp_congestion *congestion, uint64_t idle_ns);
	void (*dump)(const struct tcp_congestion *congestion, struct text *text);
};

struct tcp_reno {
	uint32_t acked_bytes; // towards the next MSS of cwnd in congestion avoidance
};

struct tcp_cubic {
	uint64_t epoch_at;         // congestion avoidance began; NEVER: not yet
	uint64_t w_est_q10;        // what Reno would have: bytes, 10 fractional bits
	uint32_t w_max_bytes;      // RFC 9438 4.1.2
	uint32_t cwnd_prior_bytes; // cwnd before the last reduction
	uint32_t growth_q10;       // of cwnd, less than a byte
	uint32_t k_ms;
	struct {
		uint64_t epoch_at, w_est_q10;
		uint32_t w_max_bytes, cwnd_prior_bytes, k_ms;
	} before; // for on_undo
	struct tcp_hystart hystart;
};

struct tcp_congestion {
	const struct tcp_congestion_ops *ops;
	uint32_t cwnd_bytes;
	uint32_t ssthresh_bytes; // UINT32_MAX: none yet
	uint32_t mss_bytes;
	// cwnd validation: a window that was not used says nothing about the network (RFC 7661's
	// concern): it does not grow.
	uint32_t in_flight_max_bytes; // largest flight in the last round trip
	tcp_seq window_end;           // of that flight
	bool is_limited;              // cwnd held something back in that time
	union {
		struct tcp_reno reno;
		struct tcp_cubic cubic;
	};
};

extern const struct tcp_congestion_ops tcp_congestion_reno;
extern const struct tcp_congestion_ops tcp_congestion_cubic;

// By its name, "cubic" or "reno"; NULL: no such algorithm.
const struct tcp_congestion_ops *tcp_congestion_find(const char *name, size_t length);

void tcp_congestion_init(struct tcp_congestion *congestion, const struct tcp_congestion_ops *ops,
			 uint32_t mss_bytes);
// Another algorithm from now on (TCP_CONGESTION); cwnd and ssthresh stay.
void tcp_congestion_switch(struct tcp_congestion *congestion, const struct tcp_congestion_ops *ops);
void tcp_congestion_set_mss(struct tcp_congestion *congestion, uint32_t mss_bytes);
void tcp_congestion_set_cwnd(struct tcp_congestion *congestion, uint32_t cwnd_bytes);
void tcp_congestion_restore(struct tcp_congestion *congestion, uint32_t cwnd_bytes,
			    uint32_t ssthresh_bytes);       // a false alarm is over
uint32_t tcp_congestion_initial_window(uint32_t mss_bytes); // RFC 6928

// Nothing was sent for idle_ns, at least one RTO: the window has gone stale (RFC 5681 4.1, RFC 2861
// 3).
void tcp_congestion_after_idle(struct tcp_congestion *congestion, uint64_t idle_ns,
			       uint64_t rto_ns);
// Remember how much of the window a round of sending used.
void tcp_congestion_note_flight(struct tcp_congestion *congestion, uint32_t in_flight_bytes,
				tcp_seq una, tcp_seq nxt, bool is_limited);
bool tcp_congestion_may_grow(const struct tcp_congestion *congestion);
static inline bool tcp_congestion_in_slow_start(const struct tcp_congestion *congestion)
{
	return congestion->cwnd_bytes < congestion->ssthresh_bytes;
}

// Grow as RFC 5681 3.1 allows; returns the acked bytes left when ssthresh was reached.
uint32_t tcp_congestion_slow_start(struct tcp_congestion *congestion, uint32_t acked_bytes);

#endif
