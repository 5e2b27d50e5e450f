// SPDX-License-Identifier: MIT
//
// Nonsense in every state: thousands of random segments, near enough to right ones to get far,
// between random acts of the program and steps of time. Whatever comes, every connection stays
// consistent, the host stays finite, and in the end every byte of memory is back.
#include <errno.h>

#include "../../lib/base/numbers.h"
#include "../../lib/host/host_internal.h"
#include "../../lib/tcp/tcp_layer.h"
#include "../support/test_segment.h"

#define SOCKETS 12
#define STEPS 4000
#define SEEDS 24

static struct test_peer peer;
static berth_socket sockets[SOCKETS];
static uint64_t chance;

static uint32_t below(uint32_t bound)
{
	return test_random_below(&chance, bound);
}

static bool one_in(uint32_t count)
{
	return below(count) == 0;
}

static void check_all(void)
{
	struct tcp_layer *tcp = peer.test.host->tcp;
	struct list_node *node;

	for (node = list_first(&tcp->all); node; node = list_after(&tcp->all, node))
		tcp_check(tcp, CONTAINER_OF(node, struct tcp_conn, all_node));
}

// Ports: two listeners' and some of connections that we began.
static void choose_tuple(void)
{
	struct berth_endpoint local;

	peer.peer_end.port = (uint16_t)(TEST_PEER_PORT + below(6));
	peer.host_end.port = (uint16_t)(TEST_PORT + below(2));
	if (one_in(2) && berth_socket_local(peer.test.host, sockets[below(SOCKETS)], &local) == 0 &&
	    local.port != 0)
		peer.host_end.port = local.port;
}

// The numbers the other end of this tuple would use, if there is a connection.
static void learn_numbers(uint32_t *ret_seq, uint32_t *ret_ack)
{
	struct tcp_layer *tcp = peer.test.host->tcp;
	struct tcp_table_entry *entry;
	struct berth_endpoint local = tcp_endpoint_of(&peer.host_end.address, peer.host_end.port);
	struct berth_endpoint remote = tcp_endpoint_of(&peer.peer_end.address, peer.peer_end.port);

	peer.peer_isn = 0;
	peer.host_isn = 0;
	*ret_seq = below(10000);
	*ret_ack = (uint32_t)test_random(&chance);
	entry = tcp_table_lookup(&tcp->table, &local, &remote);
	if (!entry)
		return;
	if (entry->kind == TCP_ENTRY_CONN) {
		const struct tcp_conn *conn = (const struct tcp_conn *)entry;

		*ret_seq = conn->rcv.nxt.raw;
		*ret_ack = one_in(2) ? conn->snd.nxt.raw : conn->snd.una.raw;
	} else if (entry->kind == TCP_ENTRY_EMBRYO) {
		const struct tcp_embryo *embryo = (const struct tcp_embryo *)entry;

		*ret_seq = embryo->irs.raw + 1;
		*ret_ack = embryo->iss.raw + 1;
	} else {
		const struct tcp_remnant *remnant = (const struct tcp_remnant *)entry;

		*ret_seq = remnant->rcv_nxt.raw;
		*ret_ack = remnant->snd_nxt.raw;
	}
}

static uint32_t nudge(uint32_t number)
{
	if (one_in(3))
		return number + below(3000) - 1500;
	if (one_in(40))
		return (uint32_t)test_random(&chance);
	return number;
}

static void give_segment(void)
{
	static const char *const flags[] = {"S",  "SA", "A",  "A",   "A",  "PA", "PA", "FA",
					    "FA", "R",  "RA", "FPA", "SF", "",   "P",  "AU"};
	struct test_segment segment = {.flags = flags[below(16)]};
	uint32_t seq, ack;

	choose_tuple();
	learn_numbers(&seq, &ack);
	segment.seq = nudge(seq);
	segment.ack = nudge(ack);
	segment.length = one_in(3) ? below(1400) : 0;
	segment.window = below(65536);
	segment.has_zero_window = one_in(8);
	if (segment.has_zero_window)
		segment.window = 0;
	segment.mss = one_in(3) ? (uint16_t)below(65536) : 0;
	segment.has_window_scale = one_in(3);
	segment.window_scale = (uint8_t)below(20);
	segment.sack_permitted = one_in(2);
	segment.has_timestamps = one_in(2);
	segment.timestamp = (uint32_t)(peer.now / TEST_MS) + below(100);
	segment.echo = below(2) ? (uint32_t)test_random(&chance) : 0;
	if (one_in(4) && !segment.mss && !segment.has_timestamps) {
		segment.sack_count = (uint8_t)(1 + below(3));
		for (uint8_t i = 0; i < segment.sack_count; i++) {
			segment.sack[i][0] = nudge(ack);
			segment.sack[i][1] = segment.sack[i][0] + below(3000);
		}
	}
	test_peer_give(&peer, &segment);
}

static void give_icmp_error(void)
{
	static const uint8_t codes[] = {0, 1, 3, 4};
	struct test_frame error;

	if (peer.last.length == 0)
		return;
	test_frame_icmp4_error(&error, &peer.mac, &peer.peer_end.address, 3, codes[below(4)],
			       (uint16_t)below(1600), &peer.last);
	test_give(&peer.test, &error, peer.now);
}

static void open_socket(berth_socket *socket)
{
	struct berth_host *host = peer.test.host;
	int what = (int)below(3);

	*socket = test_socket(&peer.test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);
	if (what == 0) {
		struct berth_endpoint local = test_endpoint("", (uint16_t)(TEST_PORT + below(2)));

		if (berth_socket_bind(host, *socket, &local, NULL) == 0)
			berth_socket_listen(host, *socket, (int)below(4), peer.now);
		return;
	}
	peer.peer_end.port = (uint16_t)(TEST_PEER_PORT + below(6));
	berth_socket_connect(host, *socket, &peer.peer_end, peer.now);
}

static void set_some_option(berth_socket socket)
{
	static const struct {
		int level, name;
	} options[] = {
		{BERTH_IPPROTO_TCP, BERTH_TCP_NODELAY},
		{BERTH_IPPROTO_TCP, BERTH_TCP_CORK},
		{BERTH_IPPROTO_TCP, BERTH_TCP_QUICKACK},
		{BERTH_SOL_SOCKET, BERTH_SO_KEEPALIVE},
		{BERTH_IPPROTO_TCP, BERTH_TCP_KEEPIDLE},
		{BERTH_IPPROTO_TCP, BERTH_TCP_LINGER2},
		{BERTH_IPPROTO_TCP, BERTH_TCP_USER_TIMEOUT},
		{BERTH_SOL_SOCKET, BERTH_SO_SNDBUF},
		{BERTH_SOL_SOCKET, BERTH_SO_RCVBUF},
		{BERTH_IPPROTO_TCP, BERTH_TCP_MAXSEG},
		{BERTH_IPPROTO_TCP, BERTH_TCP_WINDOW_CLAMP},
		{BERTH_IPPROTO_TCP, BERTH_TCP_DEFER_ACCEPT},
	};
	struct berth_linger linger = {(int)below(2), (int)below(2)};
	size_t which = below(13);
	int value = (int)below(3000) - 1;

	if (which == 12)
		berth_socket_set_option(peer.test.host, socket, BERTH_SOL_SOCKET, BERTH_SO_LINGER,
					&linger, sizeof(linger), peer.now);
	else
		berth_socket_set_option(peer.test.host, socket, options[which].level,
					options[which].name, &value, sizeof(value), peer.now);
}

static void act(void)
{
	static uint8_t bytes[20000];
	berth_socket *socket = &sockets[below(SOCKETS)], accepted;
	struct berth_host *host = peer.test.host;
	char text[4096];

	if (*socket == 0) {
		open_socket(socket);
		return;
	}
	switch (below(10)) {
	case 0:
		berth_socket_close(host, *socket, peer.now);
		*socket = 0;
		break;
	case 1:
		if (one_in(4)) {
			berth_socket_abort(host, *socket, peer.now);
			*socket = 0;
		}
		break;
	case 2:
		berth_socket_shutdown(host, *socket, (enum berth_shutdown)below(3), peer.now);
		break;
	case 3:
		set_some_option(*socket);
		break;
	case 4:
		if (berth_socket_accept(host, *socket, &accepted, NULL, peer.now) == 0) {
			berth_socket *place = &sockets[below(SOCKETS)];

			if (*place)
				berth_socket_close(host, *place, peer.now);
			*place = accepted;
		}
		break;
	case 5:
		berth_inspect_dump(host, *socket, text, sizeof(text), peer.now);
		break;
	case 6:
	case 7:
		berth_socket_receive(host, *socket, bytes, 1 + below(sizeof(bytes) - 1), peer.now);
		break;
	default:
		berth_socket_send(host, *socket, bytes, 1 + below(sizeof(bytes) - 1),
				  one_in(3) ? BERTH_MSG_MORE : 0, peer.now);
		break;
	}
}

// What the host says in between must at least be a frame.
static void listen_to_it(void)
{
	struct test_frame frame;
	struct berth_event event;
	int taken = 0;

	while (test_take(&peer.test, &frame, peer.now)) {
		if (frame.bytes[12] == 8 && frame.bytes[13] == 0 && frame.bytes[23] == 6)
			peer.last = frame;
		assert_in_range(++taken, 1, 20000); // it comes to an end
	}
	while (berth_host_next_event(peer.test.host, &event))
		;
}

static void step(void)
{
	switch (below(8)) {
	case 0:
	case 1:
		act();
		break;
	case 2:
		listen_to_it();
		test_peer_wait(&peer, one_in(10) ? below(90) * TEST_S : below(1000) * TEST_MS);
		break;
	case 3:
		listen_to_it();
		break;
	case 4:
		if (one_in(5))
			give_icmp_error();
		break;
	default:
		give_segment();
		break;
	}
	check_all();
}

static void run_storm(uint64_t seed)
{
	struct test_host_options options = {
		.config = {.embryos_max = 4, .remnants_max = 3, .connections_max = 20}};

	chance = seed;
	memset(sockets, 0, sizeof(sockets));
	test_peer_open(&peer, &options);
	for (int i = 0; i < STEPS; i++)
		step();
	for (int i = 0; i < SOCKETS; i++)
		if (sockets[i])
			berth_socket_close(peer.test.host, sockets[i], peer.now);
	check_all();
	listen_to_it();
	// Whatever MTUs the errors claimed, no segment was built too big for its path.
	assert_u64(test_drops(&peer.test, BERTH_DROP_IP_TOO_LONG), 0);
	// Left alone, everything ends: the last retransmission, the last TIME-WAIT.
	for (int i = 0; i < 4000 && test_peer_counters(&peer).tcp_connections; i++) {
		test_peer_wait(&peer, TEST_S);
		listen_to_it();
	}
	assert_u64(test_peer_counters(&peer).tcp_connections, 0);
	test_peer_wait(&peer, 130 * TEST_S);
	assert_u64(test_peer_counters(&peer).tcp_remnants, 0);
	assert_u64(test_peer_counters(&peer).tcp_embryos, 0);
	test_peer_close(&peer);
}

static void nothing_breaks_a_host(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_storm(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_breaks_a_host),
	};

	return cmocka_run_group_tests_name("tcp_storm", tests, NULL, NULL);
}
