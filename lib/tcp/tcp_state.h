// SPDX-License-Identifier: MIT
//
// Which state comes next? Every transition of a connection stands in one table (RFC 9293 3.3.2).
//
// LISTEN is a tcp_listener, the SYN-RECEIVED of a passive open a tcp_embryo, TIME-WAIT a
// tcp_remnant: objects of their own. So a tcp_conn that "goes to TIME-WAIT" is CLOSED and leaves a
// remnant behind.
#ifndef BERTH_TCP_STATE_H
#define BERTH_TCP_STATE_H

#include <stdbool.h>

struct tcp_conn;

enum tcp_state {
	TCP_STATE_CLOSED,       // not connected yet, or no longer: read empty, asked, let go
	TCP_STATE_SYN_SENT,     // our SYN is out (or about to be); bytes to send may be queued
	TCP_STATE_SYN_RECEIVED, // both SYNs crossed: simultaneous open
	TCP_STATE_ESTABLISHED,  // bytes both ways
	TCP_STATE_FIN_WAIT_1,   // we have finished, FIN not acknowledged; bytes still come in
	TCP_STATE_FIN_WAIT_2,   // FIN acknowledged; bytes still come in
	TCP_STATE_CLOSE_WAIT,   // the peer has finished sending; bytes still go out
	TCP_STATE_CLOSING,      // both have finished, our FIN not acknowledged
	TCP_STATE_LAST_ACK,     // the peer finished first, then we; our FIN not acknowledged
	TCP_STATE_COUNT,
};

enum tcp_event {
	TCP_EVENT_CONNECT,         // the program connects
	TCP_EVENT_HANDSHAKE_DONE,  // an embryo became this connection
	TCP_EVENT_SYN_ACK_ARRIVED, // answer to our SYN
	TCP_EVENT_SYN_ARRIVED,     // a SYN met ours
	TCP_EVENT_SYN_IS_ACKED,    // of a simultaneous open
	TCP_EVENT_PROGRAM_CLOSED,  // nothing more will be sent: shutdown or close
	TCP_EVENT_FIN_ARRIVED,     // in sequence
	TCP_EVENT_FIN_IS_ACKED,    // ours
	TCP_EVENT_ENDED,           // reset, abort, time-out
	TCP_EVENT_COUNT,
};

// DECIDES: the next state (RFC 9293 3.3.2). TCP_STATE_COUNT: this event cannot happen in this
// state.
enum tcp_state tcp_state_next(enum tcp_state state, enum tcp_event event);
// Go there. The event must be possible.
void tcp_state_change(struct tcp_conn *conn, enum tcp_event event);
bool tcp_state_is_possible(enum tcp_state state, enum tcp_event event);

bool tcp_state_is_synchronized(enum tcp_state state);  // both sides know both sequence numbers
bool tcp_state_may_send_data(enum tcp_state state);    // the program may add bytes now
bool tcp_state_may_receive_data(enum tcp_state state); // the peer may send bytes
bool tcp_state_is_opening(enum tcp_state state);       // SYN-SENT, SYN-RECEIVED

const char *tcp_state_name(enum tcp_state state); // as the RFC writes it
const char *tcp_event_name(enum tcp_event event);

#endif
