// SPDX-License-Identifier: MIT
//
// Every state with every event: exactly the transitions of RFC 9293 3.3.2, and no other.
#include <berth/inspect.h>

#include "../../../lib/tcp/tcp_conn.h"
#include "../../support/unit.h"

// What comes next, a row a state, a column an event; '-': cannot happen. Letters: C CLOSED, S
// SYN-SENT, R SYN-RECEIVED, E ESTABLISHED, 1 FIN-WAIT-1, 2 FIN-WAIT-2, W CLOSE-WAIT, G CLOSING, L
// LAST-ACK.
static const char letters[] = "CSRE12WGL";

static const char *const expected[TCP_STATE_COUNT] = {
	//                           connect
	//                           |handshake done
	//                           ||SYN,ACK arrived
	//                           |||SYN arrived
	//                           ||||SYN is acked
	//                           |||||program closed
	//                           ||||||FIN arrived
	//                           |||||||FIN is acked
	//                           ||||||||ended
	[TCP_STATE_CLOSED] = "SE-------",       [TCP_STATE_SYN_SENT] = "--ER----C",
	[TCP_STATE_SYN_RECEIVED] = "----E---C", [TCP_STATE_ESTABLISHED] = "-----1W-C",
	[TCP_STATE_FIN_WAIT_1] = "------G2C",   [TCP_STATE_FIN_WAIT_2] = "------C-C",
	[TCP_STATE_CLOSE_WAIT] = "-----L--C",   [TCP_STATE_CLOSING] = "-------CC",
	[TCP_STATE_LAST_ACK] = "-------CC",
};

static void every_state_and_event_leads_where_the_rfc_says(void **state)
{
	(void)state;
	for (int from = 0; from < TCP_STATE_COUNT; from++) {
		for (int event = 0; event < TCP_EVENT_COUNT; event++) {
			enum tcp_state next =
				tcp_state_next((enum tcp_state)from, (enum tcp_event)event);
			char letter = next == TCP_STATE_COUNT ? '-' : letters[next];

			if (letter != expected[from][event])
				fail_msg("%s --%s--> %c, not %c",
					 tcp_state_name((enum tcp_state)from),
					 tcp_event_name((enum tcp_event)event), letter,
					 expected[from][event]);
			assert_int_equal(
				tcp_state_is_possible((enum tcp_state)from, (enum tcp_event)event),
				letter != '-');
		}
	}
}

static void a_change_moves_the_connection_and_remembers_that_it_was_up(void **state)
{
	struct tcp_conn conn = {.state = TCP_STATE_CLOSED};

	(void)state;
	tcp_state_change(&conn, TCP_EVENT_CONNECT);
	assert_int_equal(conn.state, TCP_STATE_SYN_SENT);
	assert_false(conn.was_established);
	tcp_state_change(&conn, TCP_EVENT_SYN_ARRIVED);
	assert_int_equal(conn.state, TCP_STATE_SYN_RECEIVED);
	tcp_state_change(&conn, TCP_EVENT_SYN_IS_ACKED);
	assert_int_equal(conn.state, TCP_STATE_ESTABLISHED);
	assert_true(conn.was_established);
	tcp_state_change(&conn, TCP_EVENT_PROGRAM_CLOSED);
	tcp_state_change(&conn, TCP_EVENT_FIN_ARRIVED);
	assert_int_equal(conn.state, TCP_STATE_CLOSING);
	tcp_state_change(&conn, TCP_EVENT_FIN_IS_ACKED);
	assert_int_equal(conn.state, TCP_STATE_CLOSED);
	assert_true(conn.was_established);
}

static void predicates_name_exactly_their_states(void **state)
{
	(void)state;
	for (int at = 0; at < TCP_STATE_COUNT; at++) {
		enum tcp_state one = (enum tcp_state)at;

		assert_int_equal(tcp_state_may_send_data(one),
				 one == TCP_STATE_ESTABLISHED || one == TCP_STATE_CLOSE_WAIT);
		assert_int_equal(tcp_state_may_receive_data(one),
				 one == TCP_STATE_ESTABLISHED || one == TCP_STATE_FIN_WAIT_1 ||
					 one == TCP_STATE_FIN_WAIT_2);
		assert_int_equal(tcp_state_is_opening(one),
				 one == TCP_STATE_SYN_SENT || one == TCP_STATE_SYN_RECEIVED);
		assert_int_equal(tcp_state_is_synchronized(one),
				 one != TCP_STATE_CLOSED && !tcp_state_is_opening(one));
	}
}

static void each_state_is_shown_under_the_name_of_the_rfc(void **state)
{
	(void)state;
	for (int at = 0; at < TCP_STATE_COUNT; at++) {
		struct tcp_conn conn = {.state = (enum tcp_state)at};

		assert_string_equal(berth_tcp_state_name(tcp_public_state(&conn)),
				    tcp_state_name(conn.state));
	}
	assert_string_equal(berth_tcp_state_name(BERTH_TCP_LISTEN), "LISTEN");
	assert_string_equal(berth_tcp_state_name(BERTH_TCP_TIME_WAIT), "TIME-WAIT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_and_event_leads_where_the_rfc_says),
		cmocka_unit_test(a_change_moves_the_connection_and_remembers_that_it_was_up),
		cmocka_unit_test(predicates_name_exactly_their_states),
		cmocka_unit_test(each_state_is_shown_under_the_name_of_the_rfc),
	};

	return cmocka_run_group_tests_name("tcp_state", tests, NULL, NULL);
}
