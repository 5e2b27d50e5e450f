// SPDX-License-Identifier: MIT
//
// What a TCP connection knows about itself: Linux's struct tcp_info, field for field and byte for
// byte (linux/tcp.h, as of 6.x), so that a program's getsockopt(TCP_INFO) needs no translation.
#ifndef BERTH_TCP_INFO_H
#define BERTH_TCP_INFO_H

#include <stdint.h>

// Numbers of states as Linux shows them (net/tcp_states.h and RFC 9293 3.3.2).
enum berth_tcp_state {
	BERTH_TCP_ESTABLISHED = 1,
	BERTH_TCP_SYN_SENT,
	BERTH_TCP_SYN_RECEIVED,
	BERTH_TCP_FIN_WAIT_1,
	BERTH_TCP_FIN_WAIT_2,
	BERTH_TCP_TIME_WAIT,
	BERTH_TCP_CLOSED,
	BERTH_TCP_CLOSE_WAIT,
	BERTH_TCP_LAST_ACK,
	BERTH_TCP_LISTEN,
	BERTH_TCP_CLOSING,
};

// tcpi_options bits
#define BERTH_TCPI_OPT_TIMESTAMPS 1
#define BERTH_TCPI_OPT_SACK 2
#define BERTH_TCPI_OPT_WSCALE 4

struct berth_tcp_info {
	uint8_t tcpi_state; // enum berth_tcp_state
	uint8_t tcpi_ca_state;
	uint8_t tcpi_retransmits;
	uint8_t tcpi_probes;
	uint8_t tcpi_backoff;
	uint8_t tcpi_options;
	uint8_t tcpi_snd_wscale : 4, tcpi_rcv_wscale : 4;
	uint8_t tcpi_delivery_rate_app_limited : 1, tcpi_fastopen_client_fail : 2;

	uint32_t tcpi_rto; // microseconds, as all times below unless named _ms
	uint32_t tcpi_ato;
	uint32_t tcpi_snd_mss;
	uint32_t tcpi_rcv_mss;

	uint32_t tcpi_unacked; // segments
	uint32_t tcpi_sacked;
	uint32_t tcpi_lost;
	uint32_t tcpi_retrans;
	uint32_t tcpi_fackets;

	uint32_t tcpi_last_data_sent; // milliseconds ago
	uint32_t tcpi_last_ack_sent;
	uint32_t tcpi_last_data_recv;
	uint32_t tcpi_last_ack_recv;

	uint32_t tcpi_pmtu;
	uint32_t tcpi_rcv_ssthresh;
	uint32_t tcpi_rtt;
	uint32_t tcpi_rttvar;
	uint32_t tcpi_snd_ssthresh; // segments
	uint32_t tcpi_snd_cwnd;     // segments
	uint32_t tcpi_advmss;
	uint32_t tcpi_reordering;

	uint32_t tcpi_rcv_rtt;
	uint32_t tcpi_rcv_space;

	uint32_t tcpi_total_retrans;

	uint64_t tcpi_pacing_rate;
	uint64_t tcpi_max_pacing_rate;
	uint64_t tcpi_bytes_acked;
	uint64_t tcpi_bytes_received;
	uint32_t tcpi_segs_out;
	uint32_t tcpi_segs_in;

	uint32_t tcpi_notsent_bytes;
	uint32_t tcpi_min_rtt;
	uint32_t tcpi_data_segs_in;
	uint32_t tcpi_data_segs_out;

	uint64_t tcpi_delivery_rate;

	uint64_t tcpi_busy_time;
	uint64_t tcpi_rwnd_limited;
	uint64_t tcpi_sndbuf_limited;

	uint32_t tcpi_delivered;
	uint32_t tcpi_delivered_ce;

	uint64_t tcpi_bytes_sent;
	uint64_t tcpi_bytes_retrans;
	uint32_t tcpi_dsack_dups;
	uint32_t tcpi_reord_seen;

	uint32_t tcpi_rcv_ooopack;
	uint32_t tcpi_snd_wnd;
	uint32_t tcpi_rcv_wnd;
	uint32_t tcpi_rehash;

	uint16_t tcpi_total_rto;
	uint16_t tcpi_total_rto_recoveries;
	uint32_t tcpi_total_rto_time;
};

#endif
