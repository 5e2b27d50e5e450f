// SPDX-License-Identifier: MIT
//
// Are our numbers Linux's numbers, and is our tcp_info its tcp_info? Held against the system's own
// headers, mostly while compiling.
#include <assert.h>
#include <linux/tcp.h>
// netinet/tcp.h has a struct tcp_info of its own, an older one.
#define tcp_info netinet_tcp_info
#include <netinet/in.h>
#include <sys/socket.h>
#undef tcp_info

#include "../../support/unit.h"

#include <berth/option.h>
#include <berth/socket.h>
#include <berth/tcp_info.h>

#define SAME(ours, theirs) \
	static_assert((long)(ours) == (long)(theirs), #ours " is Linux's " #theirs)

SAME(BERTH_SOL_SOCKET, SOL_SOCKET);
SAME(BERTH_SO_DEBUG, SO_DEBUG);
SAME(BERTH_SO_REUSEADDR, SO_REUSEADDR);
SAME(BERTH_SO_TYPE, SO_TYPE);
SAME(BERTH_SO_ERROR, SO_ERROR);
SAME(BERTH_SO_DONTROUTE, SO_DONTROUTE);
SAME(BERTH_SO_BROADCAST, SO_BROADCAST);
SAME(BERTH_SO_SNDBUF, SO_SNDBUF);
SAME(BERTH_SO_RCVBUF, SO_RCVBUF);
SAME(BERTH_SO_KEEPALIVE, SO_KEEPALIVE);
SAME(BERTH_SO_OOBINLINE, SO_OOBINLINE);
SAME(BERTH_SO_PRIORITY, SO_PRIORITY);
SAME(BERTH_SO_LINGER, SO_LINGER);
SAME(BERTH_SO_REUSEPORT, SO_REUSEPORT);
SAME(BERTH_SO_RCVLOWAT, SO_RCVLOWAT);
SAME(BERTH_SO_SNDLOWAT, SO_SNDLOWAT);
SAME(BERTH_SO_ACCEPTCONN, SO_ACCEPTCONN);
SAME(BERTH_SO_PROTOCOL, SO_PROTOCOL);
SAME(BERTH_SO_DOMAIN, SO_DOMAIN);
SAME(BERTH_SO_INCOMING_CPU, SO_INCOMING_CPU);

SAME(BERTH_IPPROTO_IP, IPPROTO_IP);
SAME(BERTH_IP_TOS, IP_TOS);
SAME(BERTH_IP_TTL, IP_TTL);
SAME(BERTH_IP_PKTINFO, IP_PKTINFO);
SAME(BERTH_IP_MTU_DISCOVER, IP_MTU_DISCOVER);
SAME(BERTH_IP_RECVERR, IP_RECVERR);
SAME(BERTH_IP_MTU, IP_MTU);
SAME(BERTH_IP_FREEBIND, IP_FREEBIND);
SAME(BERTH_IP_BIND_ADDRESS_NO_PORT, IP_BIND_ADDRESS_NO_PORT);

SAME(BERTH_IPPROTO_IPV6, IPPROTO_IPV6);
SAME(BERTH_IPV6_UNICAST_HOPS, IPV6_UNICAST_HOPS);
SAME(BERTH_IPV6_MTU_DISCOVER, IPV6_MTU_DISCOVER);
SAME(BERTH_IPV6_MTU, IPV6_MTU);
SAME(BERTH_IPV6_RECVERR, IPV6_RECVERR);
SAME(BERTH_IPV6_V6ONLY, IPV6_V6ONLY);
SAME(BERTH_IPV6_TCLASS, IPV6_TCLASS);

SAME(BERTH_IPPROTO_TCP, IPPROTO_TCP);
SAME(BERTH_IPPROTO_UDP, IPPROTO_UDP);
SAME(BERTH_TCP_NODELAY, TCP_NODELAY);
SAME(BERTH_TCP_MAXSEG, TCP_MAXSEG);
SAME(BERTH_TCP_CORK, TCP_CORK);
SAME(BERTH_TCP_KEEPIDLE, TCP_KEEPIDLE);
SAME(BERTH_TCP_KEEPINTVL, TCP_KEEPINTVL);
SAME(BERTH_TCP_KEEPCNT, TCP_KEEPCNT);
SAME(BERTH_TCP_SYNCNT, TCP_SYNCNT);
SAME(BERTH_TCP_LINGER2, TCP_LINGER2);
SAME(BERTH_TCP_DEFER_ACCEPT, TCP_DEFER_ACCEPT);
SAME(BERTH_TCP_WINDOW_CLAMP, TCP_WINDOW_CLAMP);
SAME(BERTH_TCP_INFO, TCP_INFO);
SAME(BERTH_TCP_QUICKACK, TCP_QUICKACK);
SAME(BERTH_TCP_CONGESTION, TCP_CONGESTION);
SAME(BERTH_TCP_USER_TIMEOUT, TCP_USER_TIMEOUT);
SAME(BERTH_TCP_NOTSENT_LOWAT, TCP_NOTSENT_LOWAT);

SAME(BERTH_PROTOCOL_TCP, IPPROTO_TCP);
SAME(BERTH_PROTOCOL_UDP, IPPROTO_UDP);
SAME(BERTH_SHUTDOWN_READ, SHUT_RD);
SAME(BERTH_SHUTDOWN_WRITE, SHUT_WR);
SAME(BERTH_SHUTDOWN_BOTH, SHUT_RDWR);
SAME(BERTH_MSG_MORE, MSG_MORE);

SAME(sizeof(struct berth_linger), sizeof(struct linger));
SAME(offsetof(struct berth_linger, enabled), offsetof(struct linger, l_onoff));
SAME(offsetof(struct berth_linger, seconds), offsetof(struct linger, l_linger));

// The system's headers may be older than our last fields, never newer than the first ones.
#define SAME_FIELD(field) \
	SAME(offsetof(struct berth_tcp_info, field), offsetof(struct tcp_info, field))

SAME_FIELD(tcpi_state);
SAME_FIELD(tcpi_ca_state);
SAME_FIELD(tcpi_retransmits);
SAME_FIELD(tcpi_probes);
SAME_FIELD(tcpi_backoff);
SAME_FIELD(tcpi_options);
SAME_FIELD(tcpi_rto);
SAME_FIELD(tcpi_ato);
SAME_FIELD(tcpi_snd_mss);
SAME_FIELD(tcpi_rcv_mss);
SAME_FIELD(tcpi_unacked);
SAME_FIELD(tcpi_sacked);
SAME_FIELD(tcpi_lost);
SAME_FIELD(tcpi_retrans);
SAME_FIELD(tcpi_fackets);
SAME_FIELD(tcpi_last_data_sent);
SAME_FIELD(tcpi_last_ack_sent);
SAME_FIELD(tcpi_last_data_recv);
SAME_FIELD(tcpi_last_ack_recv);
SAME_FIELD(tcpi_pmtu);
SAME_FIELD(tcpi_rcv_ssthresh);
SAME_FIELD(tcpi_rtt);
SAME_FIELD(tcpi_rttvar);
SAME_FIELD(tcpi_snd_ssthresh);
SAME_FIELD(tcpi_snd_cwnd);
SAME_FIELD(tcpi_advmss);
SAME_FIELD(tcpi_reordering);
SAME_FIELD(tcpi_rcv_rtt);
SAME_FIELD(tcpi_rcv_space);
SAME_FIELD(tcpi_total_retrans);
SAME_FIELD(tcpi_pacing_rate);
SAME_FIELD(tcpi_max_pacing_rate);
SAME_FIELD(tcpi_bytes_acked);
SAME_FIELD(tcpi_bytes_received);
SAME_FIELD(tcpi_segs_out);
SAME_FIELD(tcpi_segs_in);
SAME_FIELD(tcpi_notsent_bytes);
SAME_FIELD(tcpi_min_rtt);
SAME_FIELD(tcpi_data_segs_in);
SAME_FIELD(tcpi_data_segs_out);
SAME_FIELD(tcpi_delivery_rate);
SAME_FIELD(tcpi_busy_time);
SAME_FIELD(tcpi_rwnd_limited);
SAME_FIELD(tcpi_sndbuf_limited);
SAME_FIELD(tcpi_delivered);
SAME_FIELD(tcpi_delivered_ce);
SAME_FIELD(tcpi_bytes_sent);
SAME_FIELD(tcpi_bytes_retrans);
SAME_FIELD(tcpi_dsack_dups);
SAME_FIELD(tcpi_reord_seen);
SAME_FIELD(tcpi_rcv_ooopack);
SAME_FIELD(tcpi_snd_wnd);

// Linux 6.2 ends with tcpi_rehash, 6.7 with tcpi_total_rto_time; the structure never shrinks.
static_assert(sizeof(struct berth_tcp_info) >= sizeof(struct tcp_info),
	      "no field of the system's tcp_info is missing");
SAME(offsetof(struct berth_tcp_info, tcpi_rcv_wnd),
     offsetof(struct berth_tcp_info, tcpi_snd_wnd) + 4);
SAME(offsetof(struct berth_tcp_info, tcpi_rehash),
     offsetof(struct berth_tcp_info, tcpi_rcv_wnd) + 4);
SAME(sizeof(struct berth_tcp_info), 248);

static void bit_fields_lie_where_linux_has_them(void **state)
{
	struct berth_tcp_info ours;
	struct tcp_info theirs;

	(void)state;
	memset(&ours, 0, sizeof(ours));
	memset(&theirs, 0, sizeof(theirs));
	ours.tcpi_snd_wscale = theirs.tcpi_snd_wscale = 7;
	ours.tcpi_rcv_wscale = theirs.tcpi_rcv_wscale = 9;
	ours.tcpi_delivery_rate_app_limited = theirs.tcpi_delivery_rate_app_limited = 1;
	ours.tcpi_fastopen_client_fail = theirs.tcpi_fastopen_client_fail = 2;
	assert_memory_equal(&ours, &theirs, offsetof(struct tcp_info, tcpi_rto));
}

static void states_have_the_numbers_of_linux(void **state)
{
	// include/net/tcp_states.h of Linux, which no header for programs repeats.
	static const enum berth_tcp_state states[] = {
		BERTH_TCP_ESTABLISHED, BERTH_TCP_SYN_SENT,   BERTH_TCP_SYN_RECEIVED,
		BERTH_TCP_FIN_WAIT_1,  BERTH_TCP_FIN_WAIT_2, BERTH_TCP_TIME_WAIT,
		BERTH_TCP_CLOSED,      BERTH_TCP_CLOSE_WAIT, BERTH_TCP_LAST_ACK,
		BERTH_TCP_LISTEN,      BERTH_TCP_CLOSING,
	};

	(void)state;
	for (int i = 0; i < 11; i++)
		assert_int_equal(states[i], i + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bit_fields_lie_where_linux_has_them),
		cmocka_unit_test(states_have_the_numbers_of_linux),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
