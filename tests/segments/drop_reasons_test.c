// SPDX-License-Identifier: MIT
//
// Every drop reason below TCP can be reached from outside, by the nonsense its sentence describes,
// and each piece of nonsense is counted once, under one name. Superframes whose facts lie are
// refused or harmless. TCP's own reasons: tcp_drops_test.c.
#include <errno.h>

#include "../support/test_segment.h"

#define ARP_BYTES 42u
#define IP_AT TEST_ETHERNET_BYTES
#define ICMP_AT (IP_AT + 20u)
#define ICMPV6_AT (IP_AT + 40u)

static struct test_peer peer;

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void give_frame(struct test_frame *frame)
{
	test_give(&peer.test, frame, peer.now);
}

// A datagram for port 9, of either family.
static struct test_frame datagram(const char *target)
{
	struct berth_endpoint to = test_endpoint(target, 9), from = peer.peer_end;
	struct test_frame frame;

	if (to.address.family == BERTH_FAMILY_IPV6)
		from = test_endpoint("fd00::2", TEST_PEER_PORT);
	test_frame_udp(&frame, &peer.mac, &peer.test.mac, &from, &to, "hello", 5);
	return frame;
}

static void sum_ipv4(struct test_frame *frame)
{
	put16(frame->bytes + IP_AT + 10, 0);
	put16(frame->bytes + IP_AT + 10, test_checksum(0, frame->bytes + IP_AT, 20));
}

static void give_spoilt(uint32_t at, uint8_t value, bool sum_again)
{
	struct test_frame frame = datagram("10.0.0.1");

	frame.bytes[at] = value;
	if (sum_again)
		sum_ipv4(&frame);
	give_frame(&frame);
}

static void cause_frame_truncated(void)
{
	struct test_frame frame = datagram("10.0.0.1");

	frame.length = TEST_ETHERNET_BYTES - 1;
	give_frame(&frame);
}

static void cause_frame_not_for_us(void)
{
	give_spoilt(5, 9, false);
}

static void cause_frame_source_invalid(void)
{
	give_spoilt(6, 3, false);
}

static void cause_frame_type_unknown(void)
{
	give_spoilt(12, 0x88, false);
}

static void cause_frame_interface_unknown(void)
{
	struct test_frame frame = datagram("10.0.0.1");
	struct berth_frame bare = {.slice_count = 1, .interface_index = 7, .length = frame.length};

	bare.slice[0] = (struct berth_slice){frame.bytes, frame.length};
	berth_host_receive(peer.test.host, &bare, 1, peer.now);
}

static void give_arp(uint8_t operation, uint8_t sender, uint32_t length)
{
	struct test_frame frame = {.length = length};
	static const uint8_t head[] = {0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0};

	memcpy(frame.bytes, peer.test.mac.byte, 6);
	memcpy(frame.bytes + 6, peer.mac.byte, 6);
	memcpy(frame.bytes + 12, head, sizeof(head));
	frame.bytes[21] = operation;
	memcpy(frame.bytes + 22, peer.mac.byte, 6);
	memcpy(frame.bytes + 28, (const uint8_t[]){10, 0, 0, sender}, 4);
	memcpy(frame.bytes + 38, (const uint8_t[]){10, 0, 0, 1}, 4);
	give_frame(&frame);
}

static void cause_arp_malformed(void)
{
	give_arp(1, 2, ARP_BYTES - 1);
}

static void cause_arp_malformed_by_operation(void)
{
	give_arp(9, 2, ARP_BYTES);
}

static void cause_arp_conflict(void)
{
	give_arp(1, 1, ARP_BYTES);
}

static berth_socket udp_socket(void)
{
	return test_bound(&peer.test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 9);
}

static int64_t send_to(berth_socket socket, const char *address, uint32_t length)
{
	static const uint8_t bytes[2048];
	struct berth_endpoint to = test_endpoint(address, 9);

	return berth_socket_send_to(peer.test.host, socket, &to, bytes, length, peer.now);
}

static void cause_neighbor_queue_full(void)
{
	berth_socket socket = udp_socket();

	while (test_drops(&peer.test, BERTH_DROP_NEIGHBOR_QUEUE_FULL) == 0)
		assert_int_equal(send_to(socket, "10.0.0.99", 1), 1);
}

static void cause_neighbor_unreachable(void)
{
	struct test_frame frame;

	send_to(udp_socket(), "10.0.0.99", 1);
	for (int i = 0; i < 10; i++) {
		while (test_take(&peer.test, &frame, peer.now))
			;
		test_peer_wait(&peer, TEST_S);
	}
}

static void give_ndp(uint8_t hop_limit)
{
	struct test_frame frame = datagram("fd00::1");
	uint8_t *ip = frame.bytes + IP_AT, *ndp = frame.bytes + ICMPV6_AT;
	uint32_t sum = 58 + 24;

	put16(ip + 4, 24);
	ip[6] = 58;
	ip[7] = hop_limit;
	memset(ndp, 0, 24);
	ndp[0] = 135; // neighbour solicitation
	memcpy(ndp + 8, ip + 24, 16);
	for (int i = 8; i < 40; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	put16(ndp + 2, test_checksum(sum, ndp, 24));
	frame.length = ICMPV6_AT + 24;
	give_frame(&frame);
}

static void cause_ndp_malformed(void)
{
	give_ndp(64); // it came through a router
}

static void cause_ip_truncated(void)
{
	struct test_frame frame = datagram("10.0.0.1");

	frame.length = IP_AT + 24;
	give_frame(&frame);
}

static void cause_ip_version(void)
{
	give_spoilt(IP_AT, 0x65, true);
}

static void cause_ip_header_length(void)
{
	give_spoilt(IP_AT, 0x44, true);
}

static void cause_ip_checksum(void)
{
	give_spoilt(IP_AT + 10, 0x5a, false);
}

static void cause_ip_source_invalid(void)
{
	give_spoilt(IP_AT + 12, 224, true);
}

static void cause_ip_source_invalid_by_ours(void)
{
	give_spoilt(IP_AT + 15, 1, true);
}

static void cause_ip_destination_not_ours(void)
{
	give_spoilt(IP_AT + 19, 77, true);
}

static void cause_ip_fragment(void)
{
	give_spoilt(IP_AT + 6, 0x20, true);
}

static void cause_ip_extension_malformed(void)
{
	struct test_frame frame = datagram("fd00::1");

	frame.bytes[IP_AT + 6] = 0; // hop-by-hop options, longer than the packet
	frame.bytes[ICMPV6_AT + 1] = 200;
	give_frame(&frame);
}

static void cause_ip_protocol_unknown(void)
{
	give_spoilt(IP_AT + 9, 132, true);
}

// An ICMPv4 message of eight bytes.
static void give_icmp(uint8_t type, bool is_summed, uint32_t length)
{
	struct test_frame frame = datagram("10.0.0.1");
	uint8_t *icmp = frame.bytes + ICMP_AT;

	frame.bytes[IP_AT + 9] = 1;
	put16(frame.bytes + IP_AT + 2, 20 + length);
	sum_ipv4(&frame);
	memset(icmp, 0, length);
	icmp[0] = type;
	put16(icmp + 2, is_summed ? test_checksum(0, icmp, length) : 1);
	frame.length = ICMP_AT + length;
	give_frame(&frame);
}

static void cause_icmp_malformed(void)
{
	give_icmp(8, true, 4);
}

static void cause_icmp_checksum(void)
{
	give_icmp(8, false, 8);
}

static void cause_icmp_type_unknown(void)
{
	give_icmp(200, true, 8);
}

static void cause_icmp_error_unrelated(void)
{
	struct test_frame error, quoted;

	// A datagram of ours, of a socket there is not.
	test_frame_udp(&quoted, &peer.test.mac, &peer.mac, &peer.host_end, &peer.peer_end, "x", 1);
	test_frame_icmp4_error(&error, &peer.mac, &peer.peer_end.address, 3, 3, 0, &quoted);
	give_frame(&error);
}

static void cause_udp_malformed(void)
{
	struct test_frame frame = datagram("10.0.0.1");

	put16(test_frame_udp_header(&frame) + 4, 7);
	give_frame(&frame);
}

static void cause_udp_checksum(void)
{
	struct test_frame frame = datagram("10.0.0.1");

	udp_socket();
	test_frame_udp_header(&frame)[6] ^= 1;
	give_frame(&frame);
}

static void cause_udp_no_port(void)
{
	struct test_frame frame = datagram("10.0.0.1");

	give_frame(&frame);
}

static void cause_udp_queue_full(void)
{
	struct test_frame frame = datagram("10.0.0.1");

	udp_socket();
	while (test_drops(&peer.test, BERTH_DROP_UDP_QUEUE_FULL) == 0)
		give_frame(&frame);
}

static void cause_output_queue_full(void)
{
	for (int i = 0; i < 100 && test_drops(&peer.test, BERTH_DROP_OUTPUT_QUEUE_FULL) == 0; i++)
		give_arp(1, 2, ARP_BYTES); // each is owed an answer, and no cable takes them
}

struct cause {
	enum berth_drop reason;
	void (*cause)(void);
	struct berth_config config;
};

static const struct cause causes[] = {
	{.reason = BERTH_DROP_FRAME_TRUNCATED, .cause = cause_frame_truncated},
	{.reason = BERTH_DROP_FRAME_NOT_FOR_US, .cause = cause_frame_not_for_us},
	{.reason = BERTH_DROP_FRAME_SOURCE_INVALID, .cause = cause_frame_source_invalid},
	{.reason = BERTH_DROP_FRAME_TYPE_UNKNOWN, .cause = cause_frame_type_unknown},
	{.reason = BERTH_DROP_FRAME_INTERFACE_UNKNOWN, .cause = cause_frame_interface_unknown},
	{.reason = BERTH_DROP_ARP_MALFORMED, .cause = cause_arp_malformed},
	{.reason = BERTH_DROP_ARP_MALFORMED, .cause = cause_arp_malformed_by_operation},
	{.reason = BERTH_DROP_ARP_CONFLICT, .cause = cause_arp_conflict},
	{.reason = BERTH_DROP_NEIGHBOR_QUEUE_FULL, .cause = cause_neighbor_queue_full},
	{.reason = BERTH_DROP_NEIGHBOR_UNREACHABLE, .cause = cause_neighbor_unreachable},
	{.reason = BERTH_DROP_NDP_MALFORMED, .cause = cause_ndp_malformed},
	{.reason = BERTH_DROP_IP_TRUNCATED, .cause = cause_ip_truncated},
	{.reason = BERTH_DROP_IP_VERSION, .cause = cause_ip_version},
	{.reason = BERTH_DROP_IP_HEADER_LENGTH, .cause = cause_ip_header_length},
	{.reason = BERTH_DROP_IP_CHECKSUM, .cause = cause_ip_checksum},
	{.reason = BERTH_DROP_IP_SOURCE_INVALID, .cause = cause_ip_source_invalid},
	{.reason = BERTH_DROP_IP_SOURCE_INVALID, .cause = cause_ip_source_invalid_by_ours},
	{.reason = BERTH_DROP_IP_DESTINATION_NOT_OURS, .cause = cause_ip_destination_not_ours},
	{.reason = BERTH_DROP_IP_FRAGMENT, .cause = cause_ip_fragment},
	{.reason = BERTH_DROP_IP_EXTENSION_MALFORMED, .cause = cause_ip_extension_malformed},
	{.reason = BERTH_DROP_IP_PROTOCOL_UNKNOWN, .cause = cause_ip_protocol_unknown},
	{.reason = BERTH_DROP_ICMP_MALFORMED, .cause = cause_icmp_malformed},
	{.reason = BERTH_DROP_ICMP_CHECKSUM, .cause = cause_icmp_checksum},
	{.reason = BERTH_DROP_ICMP_TYPE_UNKNOWN, .cause = cause_icmp_type_unknown},
	{.reason = BERTH_DROP_ICMP_ERROR_UNRELATED, .cause = cause_icmp_error_unrelated},
	{.reason = BERTH_DROP_UDP_MALFORMED, .cause = cause_udp_malformed},
	{.reason = BERTH_DROP_UDP_CHECKSUM, .cause = cause_udp_checksum},
	{.reason = BERTH_DROP_UDP_NO_PORT, .cause = cause_udp_no_port},
	{.reason = BERTH_DROP_UDP_QUEUE_FULL,
	 .cause = cause_udp_queue_full,
	 .config = {.udp_receive_bytes_max = 4096}},
	{.reason = BERTH_DROP_OUTPUT_QUEUE_FULL,
	 .cause = cause_output_queue_full,
	 .config = {.queued_packets_max = 4}},
};

static void check_cause(const struct cause *cause)
{
	struct test_host_options options = {.config = cause->config};
	struct berth_counters counters;

	test_peer_open(&peer, &options);
	cause->cause();
	counters = test_peer_counters(&peer);
	for (int reason = 0; reason < BERTH_DROP_COUNT; reason++) {
		uint64_t expected = reason == (int)cause->reason;

		if (counters.dropped[reason] != expected)
			fail_msg("%s: %s is %llu, not %llu", berth_drop_name(cause->reason),
				 berth_drop_name((enum berth_drop)reason),
				 (unsigned long long)counters.dropped[reason],
				 (unsigned long long)expected);
	}
	test_peer_close(&peer);
}

static void each_reason_counts_its_own_nonsense_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		check_cause(&causes[i]);
}

// --- facts that lie ---------------------------------------------------------------------

// The connection takes 100 bytes in a frame with these facts.
static void give_with_facts(const struct berth_frame *facts, uint32_t first_bytes)
{
	struct test_segment segment = {.flags = "A", .seq = 1, .ack = 1, .length = 100};
	struct berth_frame frame = *facts;
	struct test_frame bytes;

	test_peer_build(&peer, &segment, &bytes);
	frame.slice[0] = (struct berth_slice){bytes.bytes, first_bytes};
	frame.slice[1].data = bytes.bytes + first_bytes;
	frame.slice[1].length = bytes.length - first_bytes;
	berth_host_receive(peer.test.host, &frame, 1, peer.now);
}

#define HEADERS_BYTES (TEST_ETHERNET_BYTES + 40u)

static void superframes_with_impossible_sizes_carry_their_bytes_all_the_same(void **state)
{
	static const struct berth_frame facts[] = {
		{.slice_count = 2, .segmentation = BERTH_SEGMENTATION_TCP4, .segment_bytes = 0},
		{.slice_count = 2, .segmentation = BERTH_SEGMENTATION_TCP4, .segment_bytes = 1},
		{.slice_count = 2, .segmentation = BERTH_SEGMENTATION_TCP4, .segment_bytes = 65535},
		{.slice_count = 2, .segmentation = BERTH_SEGMENTATION_UDP, .segment_bytes = 3},
		{.slice_count = 2, .segmentation = 250, .segment_bytes = 9, .header_bytes = 65535},
		{.slice_count = 2,
		 .checksum = BERTH_CHECKSUM_PARTIAL,
		 .checksum_start = 65535,
		 .checksum_offset = 65535,
		 .length = 1},
		{.slice_count = 2, .length = UINT32_MAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		berth_socket socket;

		test_peer_open(&peer, NULL);
		socket = test_peer_connected(&peer);
		give_with_facts(&facts[i], HEADERS_BYTES);
		test_peer_read(&peer, socket, 1, 100);
		test_peer_close(&peer);
	}
}

static void frames_with_impossible_slices_are_refused_and_the_connection_goes_on(void **state)
{
	static const struct {
		uint8_t slice_count;
		uint32_t first_bytes;
		enum berth_drop reason;
	} lies[] = {
		{0, HEADERS_BYTES, BERTH_DROP_FRAME_TRUNCATED},
		{5, HEADERS_BYTES, BERTH_DROP_FRAME_TRUNCATED},
		{255, HEADERS_BYTES, BERTH_DROP_FRAME_TRUNCATED},
		{2, 0, BERTH_DROP_FRAME_TRUNCATED},
		{2, TEST_ETHERNET_BYTES - 1, BERTH_DROP_FRAME_TRUNCATED},
		{2, TEST_ETHERNET_BYTES + 19, BERTH_DROP_IP_TRUNCATED},
		{2, TEST_ETHERNET_BYTES + 39, BERTH_DROP_TCP_MALFORMED},
		{1, HEADERS_BYTES, BERTH_DROP_IP_TRUNCATED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct berth_frame facts = {.slice_count = lies[i].slice_count};
		berth_socket socket;

		test_peer_open(&peer, NULL);
		socket = test_peer_connected(&peer);
		give_with_facts(&facts, lies[i].first_bytes);
		assert_u64(test_drops(&peer.test, lies[i].reason), 1);
		facts.slice_count = 2;
		give_with_facts(&facts, HEADERS_BYTES);
		test_peer_read(&peer, socket, 1, 100);
		test_peer_close(&peer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_counts_its_own_nonsense_once),
		cmocka_unit_test(superframes_with_impossible_sizes_carry_their_bytes_all_the_same),
		cmocka_unit_test(
			frames_with_impossible_slices_are_refused_and_the_connection_goes_on),
	};

	return cmocka_run_group_tests_name("drop_reasons", tests, NULL, NULL);
}
