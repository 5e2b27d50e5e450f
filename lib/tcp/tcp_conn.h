// SPDX-License-Identifier: MIT
//
// What is a connection? A list of parts, each written only by the file of its name. No logic here.
//
// An idle connection holds no buffers: rings and the scoreboard take memory on use and give it back
// when empty. Half-open connections (tcp_embryo) and TIME-WAIT (tcp_remnant) are objects of their
// own.
#ifndef BERTH_TCP_CONN_H
#define BERTH_TCP_CONN_H

#include "../base/byte_ring.h"
#include "../base/range_set.h"
#include "../base/timer_wheel.h"
#include "congestion/tcp_congestion.h"
#include "opening/tcp_negotiate.h"
#include "opening/tcp_table.h"
#include "receiver/tcp_ack_policy.h"
#include "receiver/tcp_reassembly.h"
#include "receiver/tcp_receive_window.h"
#include "sender/tcp_keepalive.h"
#include "sender/tcp_loss.h"
#include "sender/tcp_mss.h"
#include "sender/tcp_persist.h"
#include "sender/tcp_rate.h"
#include "sender/tcp_recovery.h"
#include "sender/tcp_rtt.h"
#include "sender/tcp_send_buffer.h"
#include "sender/tcp_send_window.h"
#include "sender/tcp_sent.h"
#include "tcp.h"
#include "tcp_state.h"
#include "tcp_timers.h"

#define TCP_NO_OWNER UINT32_MAX

// What the program asked for with socket options.
struct tcp_settings {
	uint32_t send_bytes_max;    // SO_SNDBUF; 0: automatic
	uint32_t receive_bytes_max; // SO_RCVBUF; 0: automatic
	uint32_t receive_low_water; // SO_RCVLOWAT
	uint32_t notsent_low_water; // TCP_NOTSENT_LOWAT, UINT32_MAX: none
	uint32_t window_clamp;      // TCP_WINDOW_CLAMP, 0: none
	uint32_t user_timeout_ms;   // TCP_USER_TIMEOUT, 0: none
	uint32_t keepalive_idle_s, keepalive_interval_s;
	int32_t linger_seconds;
	uint32_t linger2_seconds;
	uint16_t mss_max; // TCP_MAXSEG, 0: none
	uint8_t keepalive_probes, syn_retries;
	uint8_t ttl, tos;       // 0: default
	uint8_t defer_accept_s; // TCP_DEFER_ACCEPT, 0: no
	bool nodelay, cork, keepalive, linger, quick_ack;
	bool bind_address_no_port;  // IP_BIND_ADDRESS_NO_PORT
	bool fin_wait_2_is_refused; // TCP_LINGER2 below 0: no orphan waits for the peer's FIN
	const struct tcp_congestion_ops *congestion; // NULL: the layer's default
};

struct tcp_counts {
	uint64_t bytes_sent, bytes_retransmitted, bytes_acked, bytes_received;
	uint32_t segments_out, segments_in, data_segments_out, data_segments_in;
	uint32_t retransmitted, out_of_order, dsack_duplicates;
	uint64_t last_sent_at, last_data_received_at, last_ack_received_at;
};

struct tcp_conn {
	struct tcp_table_entry entry; // tuple: local, remote            tcp_table.c
	struct ip_path path;          // how its packets leave           tcp_path.c
	enum tcp_state state;         //                                 tcp_state.c
	struct tcp_agreed agreed;     // mss, scales, sack, timestamps   tcp_negotiate.c

	// sending half
	struct tcp_send_space snd;        // SND.UNA NXT WND WL1 WL2, ISS    tcp_send_window.c
	struct tcp_send_buffer unsent;    // bytes from una on               tcp_send_buffer.c
	struct tcp_mss mss;               // payload of a full segment       tcp_mss.c
	struct tcp_sent sent;             // scoreboard                      tcp_sent.c
	struct tcp_rtt rtt;               // srtt, rttvar, rto               tcp_rtt.c
	struct tcp_rate rate;             // delivery rate                   tcp_rate.c
	struct tcp_loss loss;             // RACK                            tcp_loss.c
	struct tcp_recovery recovery;     // repairing? until where? PRR     tcp_recovery.c
	struct tcp_congestion congestion; // cwnd, ssthresh                  tcp_congestion.c
	struct tcp_persist persist;       // zero window                     tcp_persist.c
	struct tcp_keepalive keepalive;   // silent peer                     tcp_keepalive.c

	// receiving half
	struct tcp_receive_space rcv;       // RCV.NXT, offered edge, IRS      tcp_receive_window.c
	struct tcp_receive_buffer received; // ring and holes                  tcp_reassembly.c
	struct tcp_ack_policy ack;          // do we owe an ACK, by when       tcp_ack_policy.c

	// both
	struct tcp_timers timers;      //                                 tcp_timers.c
	struct tcp_settings settings;  //                                 tcp_settings.c
	struct tcp_counts count;       // for people; nothing decides by it
	struct port_claim claim;       // the local port, held alone     tcp_open.c
	struct tcp_port_hold *hold;    // or held with a listener; else NULL
	struct tcp_listener *listener; // waiting to be accepted there; NULL otherwise
	struct list_node accept_node;  // in the listener's queue
	struct list_node output_node;  // may have something to send      tcp_output.c
	struct list_node changed_node; // has news for its owner          tcp_changes.c
	struct list_node all_node;     // every connection of the layer
	uint32_t owner;                // socket number, TCP_NO_OWNER
	uint32_t changed;              // TCP_CHANGED_*                   tcp_changes.c
	int32_t error;                 // pending, positive errno
	int32_t soft_error;            // ICMP's word, told in the end    tcp_error.c
	uint64_t challenged_at;        // last answer to nonsense         tcp_reset.c
	uint8_t family;                // of the socket: an IPv6 one may hold IPv4 addresses
	bool was_established;          // it can never connect again
	bool is_bound;                 // the program chose the port: kept until it closes
	bool inbound;                  // the peer began
	bool fin_queued;               // the program has finished sending
	bool read_shut;                // the program reads no more
	bool writer_waits;             // a send was refused for room: tell when there is some
};

#endif
