// SPDX-License-Identifier: MIT
//
// Which state comes next? The table below is all of it (RFC 9293 3.3.2); every change goes through
// tcp_state_change, which asserts that the table has it.
//
// Pairs that are not in the table cannot happen: a FIN in SYN-SENT waits for the ACK that opens the
// connection, and so does a program's close in SYN-RECEIVED (RFC 9293 3.10.4); a program closes
// once, a FIN is in sequence once.
#include "tcp_state.h"

#include <berth/inspect.h>

#include "../base/assertion.h"
#include "../base/numbers.h"
#include "tcp_conn.h"

#define TCP_TRANSITIONS(X)                                 \
	X(CLOSED, CONNECT, SYN_SENT)                       \
	X(CLOSED, HANDSHAKE_DONE, ESTABLISHED)             \
	X(SYN_SENT, SYN_ACK_ARRIVED, ESTABLISHED)          \
	X(SYN_SENT, SYN_ARRIVED, SYN_RECEIVED)             \
	X(SYN_SENT, ENDED, CLOSED)                         \
	X(SYN_RECEIVED, SYN_IS_ACKED, ESTABLISHED)         \
	X(SYN_RECEIVED, ENDED, CLOSED)                     \
	X(ESTABLISHED, PROGRAM_CLOSED, FIN_WAIT_1)         \
	X(ESTABLISHED, FIN_ARRIVED, CLOSE_WAIT)            \
	X(ESTABLISHED, ENDED, CLOSED)                      \
	X(FIN_WAIT_1, FIN_IS_ACKED, FIN_WAIT_2)            \
	X(FIN_WAIT_1, FIN_ARRIVED, CLOSING)                \
	X(FIN_WAIT_1, ENDED, CLOSED)                       \
	X(FIN_WAIT_2, FIN_ARRIVED, CLOSED) /* TIME-WAIT */ \
	X(FIN_WAIT_2, ENDED, CLOSED)                       \
	X(CLOSE_WAIT, PROGRAM_CLOSED, LAST_ACK)            \
	X(CLOSE_WAIT, ENDED, CLOSED)                       \
	X(CLOSING, FIN_IS_ACKED, CLOSED) /* TIME-WAIT */   \
	X(CLOSING, ENDED, CLOSED)                          \
	X(LAST_ACK, FIN_IS_ACKED, CLOSED)                  \
	X(LAST_ACK, ENDED, CLOSED)

// Next state + 1; 0: cannot happen.
static const uint8_t transitions[TCP_STATE_COUNT][TCP_EVENT_COUNT] = {
#define TCP_TRANSITION(state, event, next) \
	[TCP_STATE_##state][TCP_EVENT_##event] = TCP_STATE_##next + 1,
	TCP_TRANSITIONS(TCP_TRANSITION)
#undef TCP_TRANSITION
};

static const char *const state_names[] = {
	[TCP_STATE_CLOSED] = "CLOSED",
	[TCP_STATE_SYN_SENT] = "SYN-SENT",
	[TCP_STATE_SYN_RECEIVED] = "SYN-RECEIVED",
	[TCP_STATE_ESTABLISHED] = "ESTABLISHED",
	[TCP_STATE_FIN_WAIT_1] = "FIN-WAIT-1",
	[TCP_STATE_FIN_WAIT_2] = "FIN-WAIT-2",
	[TCP_STATE_CLOSE_WAIT] = "CLOSE-WAIT",
	[TCP_STATE_CLOSING] = "CLOSING",
	[TCP_STATE_LAST_ACK] = "LAST-ACK",
};
static_assert(ARRAY_LENGTH(state_names) == TCP_STATE_COUNT, "name every state");

static const char *const event_names[] = {
	[TCP_EVENT_CONNECT] = "connect",
	[TCP_EVENT_HANDSHAKE_DONE] = "handshake-done",
	[TCP_EVENT_SYN_ACK_ARRIVED] = "syn-ack-arrived",
	[TCP_EVENT_SYN_ARRIVED] = "syn-arrived",
	[TCP_EVENT_SYN_IS_ACKED] = "syn-is-acked",
	[TCP_EVENT_PROGRAM_CLOSED] = "program-closed",
	[TCP_EVENT_FIN_ARRIVED] = "fin-arrived",
	[TCP_EVENT_FIN_IS_ACKED] = "fin-is-acked",
	[TCP_EVENT_ENDED] = "ended",
};
static_assert(ARRAY_LENGTH(event_names) == TCP_EVENT_COUNT, "name every event");

static const uint8_t public_states[] = {
	[TCP_STATE_CLOSED] = BERTH_TCP_CLOSED,
	[TCP_STATE_SYN_SENT] = BERTH_TCP_SYN_SENT,
	[TCP_STATE_SYN_RECEIVED] = BERTH_TCP_SYN_RECEIVED,
	[TCP_STATE_ESTABLISHED] = BERTH_TCP_ESTABLISHED,
	[TCP_STATE_FIN_WAIT_1] = BERTH_TCP_FIN_WAIT_1,
	[TCP_STATE_FIN_WAIT_2] = BERTH_TCP_FIN_WAIT_2,
	[TCP_STATE_CLOSE_WAIT] = BERTH_TCP_CLOSE_WAIT,
	[TCP_STATE_CLOSING] = BERTH_TCP_CLOSING,
	[TCP_STATE_LAST_ACK] = BERTH_TCP_LAST_ACK,
};
static_assert(ARRAY_LENGTH(public_states) == TCP_STATE_COUNT, "show every state");

// DECIDES: which state comes next (RFC 9293 3.3.2)
enum tcp_state tcp_state_next(enum tcp_state state, enum tcp_event event)
{
	uint8_t next = transitions[state][event];

	return next ? (enum tcp_state)(next - 1) : TCP_STATE_COUNT;
}

bool tcp_state_is_possible(enum tcp_state state, enum tcp_event event)
{
	return transitions[state][event] != 0;
}

void tcp_state_change(struct tcp_conn *conn, enum tcp_event event)
{
	enum tcp_state next = tcp_state_next(conn->state, event);

	ASSERT(next != TCP_STATE_COUNT);
	conn->state = next;
	if (next == TCP_STATE_ESTABLISHED)
		conn->was_established = true;
}

bool tcp_state_is_synchronized(enum tcp_state state)
{
	return state >= TCP_STATE_ESTABLISHED;
}

bool tcp_state_may_send_data(enum tcp_state state)
{
	return state == TCP_STATE_ESTABLISHED || state == TCP_STATE_CLOSE_WAIT;
}

bool tcp_state_may_receive_data(enum tcp_state state)
{
	return state == TCP_STATE_ESTABLISHED || state == TCP_STATE_FIN_WAIT_1 ||
	       state == TCP_STATE_FIN_WAIT_2;
}

bool tcp_state_is_opening(enum tcp_state state)
{
	return state == TCP_STATE_SYN_SENT || state == TCP_STATE_SYN_RECEIVED;
}

const char *tcp_state_name(enum tcp_state state)
{
	ASSERT(state < TCP_STATE_COUNT);
	return state_names[state];
}

const char *tcp_event_name(enum tcp_event event)
{
	ASSERT(event < TCP_EVENT_COUNT);
	return event_names[event];
}

enum berth_tcp_state tcp_public_state(const struct tcp_conn *conn)
{
	return (enum berth_tcp_state)public_states[conn->state];
}

const char *berth_tcp_state_name(enum berth_tcp_state state)
{
	switch (state) {
	case BERTH_TCP_ESTABLISHED:
		return "ESTABLISHED";
	case BERTH_TCP_SYN_SENT:
		return "SYN-SENT";
	case BERTH_TCP_SYN_RECEIVED:
		return "SYN-RECEIVED";
	case BERTH_TCP_FIN_WAIT_1:
		return "FIN-WAIT-1";
	case BERTH_TCP_FIN_WAIT_2:
		return "FIN-WAIT-2";
	case BERTH_TCP_TIME_WAIT:
		return "TIME-WAIT";
	case BERTH_TCP_CLOSED:
		return "CLOSED";
	case BERTH_TCP_CLOSE_WAIT:
		return "CLOSE-WAIT";
	case BERTH_TCP_LAST_ACK:
		return "LAST-ACK";
	case BERTH_TCP_LISTEN:
		return "LISTEN";
	case BERTH_TCP_CLOSING:
		return "CLOSING";
	}
	return "UNKNOWN";
}
