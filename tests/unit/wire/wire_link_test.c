// SPDX-License-Identifier: MIT
//
// Layer 2's formats: Ethernet, ARP, neighbour discovery. Bytes as they stand in the RFCs, and back.
#include "../../../lib/wire/wire_arp.h"
#include "../../../lib/wire/wire_ethernet.h"
#include "../../../lib/wire/wire_ndp.h"
#include "../../support/unit.h"

static const struct berth_mac first_mac = {{0x02, 0, 0, 0, 0, 0x01}};
static const struct berth_mac second_mac = {{0x02, 0, 0, 0, 0, 0x02}};

static struct berth_address address(const char *text)
{
	struct berth_address parsed;

	assert_true(berth_address_parse(text, &parsed));
	return parsed;
}

static void an_ethernet_header_goes_out_and_comes_back(void **state)
{
	struct ethernet_header header, parsed;
	uint8_t bytes[ETHERNET_HEADER_BYTES];

	(void)state;
	memset(&header, 0, sizeof(header));
	header.target = second_mac;
	header.source = first_mac;
	header.type = ETHERNET_TYPE_IPV6;
	ethernet_emit(&header, bytes);
	assert_hex(bytes, sizeof(bytes), "020000000002 020000000001 86dd");
	memset(&parsed, 0, sizeof(parsed));
	assert_true(ethernet_parse(bytes, sizeof(bytes), &parsed));
	assert_memory_equal(&parsed, &header, sizeof(header));
}

static void a_truncated_ethernet_header_is_refused(void **state)
{
	const uint8_t bytes[ETHERNET_HEADER_BYTES] = {0};
	struct ethernet_header header;
	size_t length;

	(void)state;
	for (length = 0; length < ETHERNET_HEADER_BYTES; length++)
		assert_false(ethernet_parse(bytes, length, &header));
}

static void group_macs_have_the_lowest_bit_of_the_first_byte(void **state)
{
	const struct berth_address group = address("ff02::1:ff28:9c5a");
	const struct berth_mac group_mac = mac_of_ipv6_group(&group);

	(void)state;
	assert_hex(&group_mac, 6, "3333ff289c5a"); // RFC 2464 7
	assert_true(mac_is_group(&group_mac));
	assert_true(mac_is_group(&ethernet_broadcast));
	assert_false(mac_is_group(&first_mac));
	assert_true(mac_equal(&first_mac, &first_mac));
	assert_false(mac_equal(&first_mac, &second_mac));
}

static struct arp_packet some_arp_packet(void)
{
	struct arp_packet packet;

	memset(&packet, 0, sizeof(packet));
	packet.operation = ARP_REPLY;
	packet.sender_mac = first_mac;
	packet.sender_address = address("10.0.0.1");
	packet.target_mac = second_mac;
	packet.target_address = address("10.0.0.2");
	return packet;
}

static void an_arp_packet_goes_out_and_comes_back(void **state)
{
	const struct arp_packet packet = some_arp_packet();
	struct arp_packet parsed;
	uint8_t bytes[ARP_BYTES];

	(void)state;
	arp_emit(&packet, bytes);
	assert_hex(bytes, sizeof(bytes),
		   "0001 0800 06 04 0002 020000000001 0a000001 020000000002 0a000002");
	memset(&parsed, 0, sizeof(parsed));
	assert_true(arp_parse(bytes, sizeof(bytes), &parsed));
	assert_memory_equal(&parsed, &packet, sizeof(packet));
}

static void arp_packets_of_a_foreign_kind_are_refused(void **state)
{
	const struct arp_packet packet = some_arp_packet();
	struct arp_packet parsed;
	uint8_t bytes[ARP_BYTES + 18] = {0}; // padded to the shortest frame
	size_t length;
	unsigned index;

	(void)state;
	arp_emit(&packet, bytes);
	assert_true(arp_parse(bytes, sizeof(bytes), &parsed));
	for (length = 0; length < ARP_BYTES; length++)
		assert_false(arp_parse(bytes, length, &parsed));
	for (index = 0; index < 7; index++) { // hardware, protocol, their lengths, operation
		bytes[index] ^= 0x80;
		assert_false(arp_parse(bytes, sizeof(bytes), &parsed));
		bytes[index] ^= 0x80;
	}
	for (index = 0; index < 256; index++) {
		bytes[7] = (uint8_t)index;
		assert_u64(arp_parse(bytes, sizeof(bytes), &parsed),
			   index == ARP_REQUEST || index == ARP_REPLY);
	}
}

static void check_ndp_round_trip(const struct ndp_message *message, const char *expected)
{
	struct ndp_message parsed;
	uint8_t bytes[NDP_MESSAGE_BYTES];
	const size_t length = ndp_emit(message, bytes);

	assert_hex(bytes, length, expected);
	memset(&parsed, 0xff, sizeof(parsed));
	assert_true(ndp_parse(bytes, length, &parsed));
	assert_u64(parsed.is_advertisement, message->is_advertisement);
	assert_u64(parsed.router, message->router);
	assert_u64(parsed.solicited, message->solicited);
	assert_u64(parsed.override, message->override);
	assert_u64(parsed.has_mac, message->has_mac);
	assert_memory_equal(&parsed.mac, &message->mac, sizeof(parsed.mac));
	assert_true(berth_address_equal(&parsed.target, &message->target));
}

#define TARGET "fd000000000000000000000000000001"

static void ndp_messages_go_out_and_come_back(void **state)
{
	struct ndp_message message = {.target = address("fd00::1")};

	(void)state;
	check_ndp_round_trip(&message, "8700 0000 00000000 " TARGET);
	message.has_mac = true;
	message.mac = first_mac;
	check_ndp_round_trip(&message, "8700 0000 00000000 " TARGET " 0101 020000000001");
	message.is_advertisement = true;
	message.router = true;
	check_ndp_round_trip(&message, "8800 0000 80000000 " TARGET " 0201 020000000001");
	message.router = false;
	message.solicited = true;
	check_ndp_round_trip(&message, "8800 0000 40000000 " TARGET " 0201 020000000001");
	message.override = true;
	message.has_mac = false;
	memset(&message.mac, 0, sizeof(message.mac));
	check_ndp_round_trip(&message, "8800 0000 60000000 " TARGET);
}

static bool ndp_is_read(const char *hex)
{
	uint8_t bytes[200];
	struct ndp_message message;
	const size_t length = test_bytes_of_hex(hex, bytes, sizeof(bytes));

	return ndp_parse(bytes, length, &message);
}

#define SOLICITATION "8700 0000 00000000" TARGET

static void ndp_messages_that_break_a_rule_are_refused(void **state)
{
	(void)state;
	assert_true(ndp_is_read(SOLICITATION));
	assert_false(ndp_is_read("8700 0000 00000000 fd0000000000000000000000000000"));
	assert_false(ndp_is_read("8500 0000 00000000 fd000000000000000000000000000001"));
	assert_false(ndp_is_read("8900 0000 00000000 fd000000000000000000000000000001"));
	assert_false(ndp_is_read("8701 0000 00000000 fd000000000000000000000000000001"));
	assert_false(ndp_is_read("8700 0000 00000000 ff020000000000000000000000000001"));
	assert_false(ndp_is_read(SOLICITATION "00"));                // half an option header
	assert_false(ndp_is_read(SOLICITATION "0100 020000000001")); // length 0
	assert_false(ndp_is_read(SOLICITATION "0e00 000000000000")); // also of unknown ones
	assert_false(ndp_is_read(SOLICITATION "0102 020000000001")); // longer than there is
	assert_false(ndp_is_read(SOLICITATION "0102 020000000001 0000000000000000")); // no MAC
}

static void ndp_options_of_other_kinds_are_passed_over(void **state)
{
	uint8_t bytes[200];
	struct ndp_message message;
	size_t length;

	(void)state;
	length = test_bytes_of_hex(SOLICITATION "0e02 0000000000000000000000000000"
						"0201 020000000009" // a target's: not here
						"0101 020000000001"
						"0101 020000000002",
				   bytes, sizeof(bytes));
	assert_true(ndp_parse(bytes, length, &message));
	assert_true(message.has_mac);
	assert_hex(&message.mac, 6, "020000000001");
}

static void an_ndp_solicitation_has_no_flags(void **state)
{
	uint8_t bytes[32];
	struct ndp_message message;
	const size_t length = test_bytes_of_hex(
		"8700 0000 ffffffff fd000000000000000000000000000001", bytes, sizeof(bytes));

	(void)state;
	assert_true(ndp_parse(bytes, length, &message));
	assert_false(message.router || message.solicited || message.override);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ethernet_header_goes_out_and_comes_back),
		cmocka_unit_test(a_truncated_ethernet_header_is_refused),
		cmocka_unit_test(group_macs_have_the_lowest_bit_of_the_first_byte),
		cmocka_unit_test(an_arp_packet_goes_out_and_comes_back),
		cmocka_unit_test(arp_packets_of_a_foreign_kind_are_refused),
		cmocka_unit_test(ndp_messages_go_out_and_come_back),
		cmocka_unit_test(ndp_messages_that_break_a_rule_are_refused),
		cmocka_unit_test(ndp_options_of_other_kinds_are_passed_over),
		cmocka_unit_test(an_ndp_solicitation_has_no_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
