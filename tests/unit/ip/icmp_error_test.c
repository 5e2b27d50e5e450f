// SPDX-License-Identifier: MIT
//
// ICMP errors about packets of ours: what do they mean to a program, and which are not believed?
#include <errno.h>

#include "../../support/test_layers.h"

#define START (50 * NS_PER_S)
#define ETHERNET 14u

struct frame {
	uint8_t bytes[512];
	size_t length;
};

// An ICMP message of this type and code quoting the first quote_bytes of a packet of ours:
// protocol, 10.0.0.1:12345 to 192.0.2.7:80, sequence 0x01020304, 1500 bytes long as it was.
static struct frame error_ipv4(uint8_t type, uint8_t code, uint32_t rest, uint8_t protocol,
			       size_t quote_bytes)
{
	struct frame frame;
	uint8_t message[64] = {type,
			       code,
			       0,
			       0,
			       (uint8_t)(rest >> 24),
			       (uint8_t)(rest >> 16),
			       (uint8_t)(rest >> 8),
			       (uint8_t)rest};

	test_bytes_of_hex("4500 05dc 0000 4000 40 06 0000 0a000001 c0000207 3039 0050 01020304",
			  message + 8, 28);
	message[8 + 9] = protocol;
	test_put_checksum(message + 8 + 10, message + 8, 20, 0);
	test_put_checksum(message + 2, message, 8 + quote_bytes, 0);
	frame.length =
		test_build_ipv4(frame.bytes, "10.0.0.254", "10.0.0.1", 1, message, 8 + quote_bytes);
	return frame;
}

static struct frame error_ipv6(uint8_t type, uint8_t code, uint32_t rest, uint8_t protocol,
			       size_t quote_bytes)
{
	struct frame frame;
	uint8_t message[64] = {type,
			       code,
			       0,
			       0,
			       (uint8_t)(rest >> 24),
			       (uint8_t)(rest >> 16),
			       (uint8_t)(rest >> 8),
			       (uint8_t)rest};

	test_bytes_of_hex("60000000 05b4 06 40 fd000000000000000000000000000001"
			  "20010db8000000000000000000000007 3039 0050 01020304",
			  message + 8, 48);
	message[8 + 6] = protocol;
	frame.length =
		test_build_ipv6(frame.bytes, "fd00::fe", "fd00::1", 58, message, 8 + quote_bytes);
	test_put_checksum_ipv6(frame.bytes, frame.length, 2);
	return frame;
}

struct meaning {
	uint8_t type, code;
	int error;
	bool is_hard;
};

static void assert_error(struct test_layers *layers, const struct frame *frame,
			 const struct meaning *meaning, const char *local, const char *remote)
{
	const struct berth_address from = test_address(local), to = test_address(remote);

	if (test_layers_receive(layers, frame->bytes, frame->length, START) != IP_ERROR)
		fail_msg("type %u code %u is no error", meaning->type, meaning->code);
	if (layers->error.error != meaning->error || layers->error.is_hard != meaning->is_hard)
		print_error("type %u code %u\n", meaning->type, meaning->code);
	assert_int_equal(layers->error.error, meaning->error);
	assert_int_equal(layers->error.is_hard, meaning->is_hard);
	assert_int_equal(layers->error.protocol, 6);
	assert_true(berth_address_equal(&layers->error.local.address, &from));
	assert_true(berth_address_equal(&layers->error.remote.address, &to));
	assert_u64(layers->error.local.port, 12345);
	assert_u64(layers->error.remote.port, 80);
	assert_u64(layers->error.tcp_sequence, 0x01020304);
}

static void ipv4_errors_mean_what_linux_says(void **state)
{
	static const struct meaning meanings[] = {
		{3, 0, ENETUNREACH, false},   {3, 1, EHOSTUNREACH, false},
		{3, 2, ENOPROTOOPT, true},    {3, 3, ECONNREFUSED, true},
		{3, 4, EMSGSIZE, false},      {3, 5, EOPNOTSUPP, false},
		{3, 6, ENETUNREACH, true},    {3, 7, EHOSTDOWN, true},
		{3, 8, ENONET, true},         {3, 9, ENETUNREACH, true},
		{3, 10, EHOSTUNREACH, true},  {3, 11, ENETUNREACH, false},
		{3, 12, EHOSTUNREACH, false}, {3, 13, EHOSTUNREACH, true},
		{3, 14, EHOSTUNREACH, true},  {3, 15, EHOSTUNREACH, true},
		{11, 0, EHOSTUNREACH, false}, {11, 1, EHOSTUNREACH, false},
		{12, 0, EPROTO, true},
	};
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	for (unsigned index = 0; index < sizeof(meanings) / sizeof(meanings[0]); index++) {
		const struct frame frame =
			error_ipv4(meanings[index].type, meanings[index].code, 0, 6, 28);

		assert_error(&layers, &frame, &meanings[index], "10.0.0.1", "192.0.2.7");
	}
	test_layers_close(&layers);
}

static void ipv6_errors_mean_what_linux_says(void **state)
{
	static const struct meaning meanings[] = {
		{1, 0, ENETUNREACH, false},  {1, 1, EACCES, true},
		{1, 2, EHOSTUNREACH, false}, {1, 3, EHOSTUNREACH, false},
		{1, 4, ECONNREFUSED, true},  {1, 5, EACCES, true},
		{1, 6, EACCES, true},        {1, 7, EPROTO, false},
		{2, 0, EMSGSIZE, false},     {3, 0, EHOSTUNREACH, false},
		{4, 1, EPROTO, true},        {99, 0, EPROTO, false},
	};
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	for (unsigned index = 0; index < sizeof(meanings) / sizeof(meanings[0]); index++) {
		const struct frame frame =
			error_ipv6(meanings[index].type, meanings[index].code, 0, 6, 48);

		assert_error(&layers, &frame, &meanings[index], "fd00::1", "2001:db8::7");
	}
	test_layers_close(&layers);
}

static void expect_mtu(const struct frame *frame, uint16_t mtu)
{
	struct test_layers layers;

	test_layers_open(&layers);
	assert_int_equal(test_layers_receive(&layers, frame->bytes, frame->length, START),
			 IP_ERROR);
	assert_int_equal(layers.error.error, EMSGSIZE);
	assert_u64(layers.error.mtu, mtu);
	test_layers_close(&layers);
}

static void too_long_packets_are_told_the_mtu(void **state)
{
	struct frame frame = error_ipv4(3, 4, 1400, 6, 28);

	(void)state;
	expect_mtu(&frame, 1400);
	frame = error_ipv4(3, 4, 0, 17, 28); // an old router: the plateau below 1500
	expect_mtu(&frame, 1492);
	frame = error_ipv4(3, 4, 68, 6, 28);
	expect_mtu(&frame, 576);
	frame = error_ipv6(2, 0, 1400, 17, 48);
	expect_mtu(&frame, 1400);
	frame = error_ipv6(2, 0, 1000, 6, 48);
	expect_mtu(&frame, 1280);
	frame = error_ipv6(2, 0, 0x00100001, 6, 48); // more than a packet can have
	expect_mtu(&frame, 65535);
}

static void expect_drop(const struct frame *frame, enum berth_drop reason)
{
	struct test_layers layers;
	uint64_t expected[BERTH_DROP_COUNT] = {0};

	test_layers_open(&layers);
	assert_int_equal(test_layers_receive(&layers, frame->bytes, frame->length, START),
			 IP_CONSUMED);
	expected[reason] = 1;
	assert_memory_equal(layers.drops, expected, sizeof(expected));
	test_layers_close(&layers);
}

static void a_quote_of_nothing_we_sent_is_unrelated(void **state)
{
	struct frame frame = error_ipv4(3, 3, 0, 6, 27); // seven bytes of transport

	(void)state;
	expect_drop(&frame, BERTH_DROP_ICMP_ERROR_UNRELATED);
	frame = error_ipv4(3, 3, 0, 6, 0);
	expect_drop(&frame, BERTH_DROP_ICMP_ERROR_UNRELATED);
	frame = error_ipv4(3, 3, 0, 1, 28); // ICMP
	expect_drop(&frame, BERTH_DROP_ICMP_ERROR_UNRELATED);
	frame = error_ipv6(1, 4, 0, 6, 47);
	expect_drop(&frame, BERTH_DROP_ICMP_ERROR_UNRELATED);
	frame = error_ipv6(1, 4, 0, 58, 48);
	expect_drop(&frame, BERTH_DROP_ICMP_ERROR_UNRELATED);
	frame = error_ipv6(1, 4, 0, 6, 48);
	frame.bytes[ETHERNET + 40 + 8 + 23] = 9; // fd00::9 is not ours
	test_put_checksum_ipv6(frame.bytes, frame.length, 2);
	expect_drop(&frame, BERTH_DROP_ICMP_ERROR_UNRELATED);
}

static void a_quote_from_another_source_or_of_a_later_fragment_is_unrelated(void **state)
{
	struct frame frame = error_ipv4(3, 3, 0, 6, 28);
	uint8_t *message = frame.bytes + ETHERNET + 20;

	(void)state;
	message[8 + 15] = 9; // 10.0.0.9
	test_put_checksum(message + 2, message, 36, 0);
	expect_drop(&frame, BERTH_DROP_ICMP_ERROR_UNRELATED);
	frame = error_ipv4(3, 3, 0, 6, 28);
	message[8 + 7] = 1; // offset 8
	test_put_checksum(message + 2, message, 36, 0);
	expect_drop(&frame, BERTH_DROP_ICMP_ERROR_UNRELATED);
}

static void an_unknown_code_of_unreachable_is_counted(void **state)
{
	const struct frame frame = error_ipv4(3, 16, 0, 6, 28);

	(void)state;
	expect_drop(&frame, BERTH_DROP_ICMP_TYPE_UNKNOWN);
}

// A datagram of ours to a closed port, the other host's answer, and what we make of it.
static void port_unreachable_makes_the_round_trip(const char *ours, const char *theirs)
{
	static const char datagram[] = "\x30\x39\x00\x35\x00\x0c\x00\x00ping";
	struct test_layers here, there;
	const struct berth_config config = {.neighbors_max = 0};
	struct berth_address local = test_address(ours), remote = test_address(theirs);
	const bool is_ipv4 = local.family == BERTH_FAMILY_IPV4;

	test_layers_open(&here);
	test_layers_resolve(&here, theirs, 2, START);
	assert_int_equal(test_layers_send(&here, theirs, 17, datagram, 12, START), BERTH_DROP_NONE);
	assert_u64(test_layers_transmit(&here), 1);
	test_layers_open_bare(&there, &config);
	test_layers_add_interface(&there, 2, 0);
	test_layers_add_address(&there, 0, is_ipv4 ? "10.0.0.2/24" : "fd00::2/64");
	assert_int_equal(test_layers_receive_frame(&there, &here.frames[0], START), IP_UDP);
	ip_send_port_unreachable(there.ip, &there.packet, START);
	assert_u64(test_layers_transmit(&there), 1); // it asks for our MAC first
	assert_int_equal(test_layers_receive_frame(&here, &there.frames[0], START), IP_CONSUMED);
	assert_u64(test_layers_transmit(&here), 1);
	assert_int_equal(test_layers_receive_frame(&there, &here.frames[0], START), IP_CONSUMED);
	assert_u64(test_layers_transmit(&there), 1);
	assert_int_equal(test_layers_receive_frame(&here, &there.frames[0], START), IP_ERROR);
	assert_int_equal(here.error.error, ECONNREFUSED);
	assert_true(here.error.is_hard);
	assert_int_equal(here.error.protocol, 17);
	assert_true(berth_address_equal(&here.error.local.address, &local));
	assert_true(berth_address_equal(&here.error.remote.address, &remote));
	assert_u64(here.error.local.port, 12345);
	assert_u64(here.error.remote.port, 53);
	ip_free(there.ip);
	link_free(there.link);
	packet_pool_clear(&there.packets);
	buffer_pool_clear(&there.buffers);
	assert_u64(there.memory.bytes_held, 0);
	test_layers_close(&here);
}

static void a_refused_datagram_comes_back_as_connection_refused(void **state)
{
	(void)state;
	port_unreachable_makes_the_round_trip("10.0.0.1", "10.0.0.2");
	port_unreachable_makes_the_round_trip("fd00::1", "fd00::2");
}

static void a_refused_datagram_to_ourselves_comes_back_too(void **state)
{
	static const char datagram[] = "\x30\x39\x00\x35\x00\x0c\x00\x00ping";
	static const char *const ours[] = {"127.0.0.1", "::1", "10.0.0.1", "fe80::ff:fe00:1"};
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	for (unsigned index = 0; index < sizeof(ours) / sizeof(ours[0]); index++) {
		struct berth_address address = test_address(ours[index]);
		struct berth_frame frame;
		enum link_result kind;
		struct packet *packet;
		struct slices bytes = {.count = 1};

		if (address.byte[0] == 0xfe)
			address.scope = 1;
		test_layers_send(&layers, ours[index], 17, datagram, 12, START);
		packet = link_loopback_take(layers.link, &frame, &kind);
		bytes.part[0] = frame.slice[0];
		bytes.length = frame.length;
		assert_int_equal(ip_receive(layers.ip, kind, &bytes, &frame, LINK_LOOPBACK, START,
					    &layers.packet, &layers.error),
				 IP_UDP);
		ip_send_port_unreachable(layers.ip, &layers.packet, START);
		packet_release(&layers.packets, packet);
		assert_int_equal(test_layers_receive_loopback(&layers, START), IP_ERROR);
		assert_int_equal(layers.error.error, ECONNREFUSED);
		assert_true(berth_address_equal(&layers.error.local.address, &address));
		assert_true(berth_address_equal(&layers.error.remote.address, &address));
	}
	test_layers_close(&layers);
}

static void groups_are_never_answered_with_errors(void **state)
{
	struct test_layers layers;
	struct frame frame;

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	frame.length =
		test_build_ipv4(frame.bytes, "10.0.0.2", "255.255.255.255", 17, "12345678", 8);
	memset(frame.bytes, 0xff, 6);
	assert_int_equal(test_layers_receive(&layers, frame.bytes, frame.length, START), IP_UDP);
	ip_send_port_unreachable(layers.ip, &layers.packet, START);
	frame.length =
		test_build_ipv4(frame.bytes, "0.0.0.0", "255.255.255.255", 17, "12345678", 8);
	memset(frame.bytes, 0xff, 6);
	assert_int_equal(test_layers_receive(&layers, frame.bytes, frame.length, START), IP_UDP);
	ip_send_port_unreachable(layers.ip, &layers.packet, START);
	assert_u64(test_layers_transmit(&layers), 0);
	assert_u64(ip_icmp_out(layers.ip), 0);
	test_layers_close(&layers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_errors_mean_what_linux_says),
		cmocka_unit_test(ipv6_errors_mean_what_linux_says),
		cmocka_unit_test(too_long_packets_are_told_the_mtu),
		cmocka_unit_test(a_quote_of_nothing_we_sent_is_unrelated),
		cmocka_unit_test(a_quote_from_another_source_or_of_a_later_fragment_is_unrelated),
		cmocka_unit_test(an_unknown_code_of_unreachable_is_counted),
		cmocka_unit_test(a_refused_datagram_comes_back_as_connection_refused),
		cmocka_unit_test(a_refused_datagram_to_ourselves_comes_back_too),
		cmocka_unit_test(groups_are_never_answered_with_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
