// SPDX-License-Identifier: MIT
//
// Cutting superframes: the segments together are the superframe, each is right by itself, and
// nonsense is refused. Headers are built and judged byte by byte here, without the code under test.
#include "../../../lib/sim/cable_segment.h"
#include "../../support/test_host.h"

#define PAYLOAD_MAX 65000u
#define FIN 0x01
#define PSH 0x08
#define ACK 0x10
#define CWR 0x80

struct superframe {
	uint8_t bytes[65550];
	struct berth_frame frame;
	uint32_t ip_bytes, transport_bytes; // header lengths
	bool is_ipv6;
	uint8_t protocol;
};

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value);
}

static uint32_t get16(const uint8_t *from)
{
	return (uint32_t)from[0] << 8 | from[1];
}

static uint32_t get32(const uint8_t *from)
{
	return get16(from) << 16 | get16(from + 2);
}

static void build_ip(struct superframe *super, uint32_t transport_length)
{
	uint8_t *ip = super->bytes + 14;

	super->bytes[0] = super->bytes[6] = 2;
	super->bytes[11] = 1;
	put16(super->bytes + 12, super->is_ipv6 ? 0x86dd : 0x0800);
	if (super->is_ipv6) {
		ip[0] = 0x60;
		put16(ip + 4, super->ip_bytes - 40 + transport_length);
		ip[6] = super->ip_bytes > 40 ? 0 : super->protocol; // hop-by-hop
		ip[7] = 64;
		ip[8] = ip[24] = 0xfd;
		ip[23] = 1;
		ip[39] = 2;
		if (super->ip_bytes > 40) { // eight bytes of it, padding
			ip[40] = super->protocol;
			ip[42] = 1;
			ip[43] = 4;
		}
		return;
	}
	ip[0] = (uint8_t)(0x40 | super->ip_bytes / 4);
	put16(ip + 2, super->ip_bytes + transport_length);
	put16(ip + 4, 0xfffe);
	ip[6] = 0x40;
	ip[8] = 64;
	ip[9] = super->protocol;
	put32(ip + 12, 0x0a000001);
	put32(ip + 16, 0x0a000002);
	memset(ip + 20, 1, super->ip_bytes - 20); // options: no operation
	put16(ip + 10, test_checksum(0, ip, super->ip_bytes));
}

static void build_transport(struct superframe *super, uint8_t flags, uint32_t length)
{
	uint8_t *at = super->bytes + 14 + super->ip_bytes;

	put16(at, 40000);
	put16(at + 2, 80);
	if (super->protocol == 17) {
		put16(at + 4, length);
		put16(at + 6, 0xbeef);
		return;
	}
	put32(at + 4, 0xfffff000); // wraps on the way
	put32(at + 8, 77);
	at[12] = (uint8_t)(super->transport_bytes / 4 << 4);
	at[13] = flags;
	put16(at + 14, 512);
	put16(at + 16, 0xbeef);
	memset(at + 20, 0, super->transport_bytes - 20);
	if (super->transport_bytes == 32) {
		at[20] = 254; // an option nobody knows
		at[21] = 12;
		put32(at + 22, 0x12345678);
	}
}

static void build(struct superframe *super, uint8_t flags, uint32_t payload, uint32_t segment_bytes)
{
	uint32_t headers = 14 + super->ip_bytes + super->transport_bytes;
	uint64_t random = payload;

	memset(super->bytes, 0, headers);
	build_ip(super, super->transport_bytes + payload);
	build_transport(super, flags, super->transport_bytes + payload);
	test_random_bytes(&random, super->bytes + headers, payload);
	memset(&super->frame, 0, sizeof(super->frame));
	// Uneven slices: payload pieces begin anywhere.
	super->frame.slice_count = 3;
	super->frame.slice[0].data = super->bytes;
	super->frame.slice[0].length = headers;
	super->frame.slice[1].data = super->bytes + headers;
	super->frame.slice[1].length = payload / 3;
	super->frame.slice[2].data = super->bytes + headers + payload / 3;
	super->frame.slice[2].length = payload - payload / 3;
	super->frame.length = headers + payload;
	super->frame.checksum = BERTH_CHECKSUM_PARTIAL;
	super->frame.segmentation = super->protocol == 17 ? BERTH_SEGMENTATION_UDP
				    : super->is_ipv6      ? BERTH_SEGMENTATION_TCP6
							  : BERTH_SEGMENTATION_TCP4;
	super->frame.segment_bytes = (uint16_t)segment_bytes;
	super->frame.header_bytes = (uint16_t)headers;
}

static uint32_t pseudo_sum(const struct superframe *super, const uint8_t *ip, uint32_t length)
{
	const uint8_t *addresses = ip + (super->is_ipv6 ? 8 : 12);
	uint32_t sum = super->protocol + length, i;

	for (i = 0; i < (super->is_ipv6 ? 32u : 8u); i += 2)
		sum += get16(addresses + i);
	return sum;
}

static void check_ip(const struct superframe *super, const uint8_t *ip, uint32_t index,
		     uint32_t packet_length)
{
	const uint8_t *original = super->bytes + 14;

	if (super->is_ipv6) {
		assert_u64(get16(ip + 4), packet_length - 40);
		assert_memory_equal(ip, original, 4);
		assert_memory_equal(ip + 6, original + 6, super->ip_bytes - 6);
		return;
	}
	assert_u64(get16(ip + 2), packet_length);
	assert_u64(get16(ip + 4), (0xfffe + index) & 0xffff);
	assert_u64(test_checksum(0, ip, super->ip_bytes), 0);
	assert_memory_equal(ip + 6, original + 6, 4);
	assert_memory_equal(ip + 12, original + 12, super->ip_bytes - 12);
}

static void check_tcp(const struct superframe *super, const uint8_t *at, uint32_t index,
		      bool is_last)
{
	const uint8_t *original = super->bytes + 14 + super->ip_bytes;
	uint8_t flags = original[13];

	if (!is_last)
		flags &= (uint8_t) ~(FIN | PSH);
	if (index > 0)
		flags &= (uint8_t)~CWR;
	assert_int_equal(at[13], flags);
	assert_u64(get32(at + 4), (uint32_t)(0xfffff000 + index * super->frame.segment_bytes));
	assert_memory_equal(at + 8, original + 8, 5);
	assert_memory_equal(at + 14, original + 14, 2);
	assert_memory_equal(at + 18, original + 18, super->transport_bytes - 18);
}

// Cut it and check every piece. Returns how many there are.
static uint32_t check_cut(const struct superframe *super)
{
	uint32_t headers = 14 + super->ip_bytes + super->transport_bytes;
	uint32_t payload = super->frame.length - headers, done = 0, index;
	static uint8_t piece[65550];
	struct cable_cut cut;

	assert_true(cable_cut_begin(&cut, &super->frame));
	for (index = 0; cable_cut_length(&cut) > 0; index++) {
		uint32_t length = cable_cut_length(&cut), part = length - headers;
		const uint8_t *transport = piece + 14 + super->ip_bytes;

		memset(piece, 0xa5, sizeof(piece));
		cable_cut_emit(&cut, piece);
		assert_true(part <= super->frame.segment_bytes);
		assert_true(part == super->frame.segment_bytes || done + part == payload);
		assert_memory_equal(piece, super->bytes, 14);
		check_ip(super, piece + 14, index, length - 14);
		if (super->protocol == 6)
			check_tcp(super, transport, index, done + part == payload);
		else
			assert_u64(get16(transport + 4), part + 8);
		assert_u64(
			test_checksum(pseudo_sum(super, piece + 14, length - 14 - super->ip_bytes),
				      transport, length - 14 - super->ip_bytes),
			0);
		assert_memory_equal(piece + headers, super->bytes + headers + done, part);
		assert_int_equal(piece[length], 0xa5);
		done += part;
		cable_cut_advance(&cut);
	}
	assert_u64(done, payload);
	return index;
}

static void tcp_over_ipv4_is_cut_into_right_segments(void **state)
{
	static struct superframe super = {.ip_bytes = 20, .transport_bytes = 20, .protocol = 6};

	(void)state;
	build(&super, ACK | PSH | FIN | CWR, 65000, 1460);
	assert_u64(check_cut(&super), 45); // 44 of 1460 and one of 760
	build(&super, ACK, 2920, 1460);
	assert_u64(check_cut(&super), 2);
	build(&super, ACK | PSH, 1460, 1460);
	assert_u64(check_cut(&super), 1);
	build(&super, ACK, 1, 1460);
	assert_u64(check_cut(&super), 1);
	build(&super, ACK | PSH, 1001, 7); // odd pieces
	assert_u64(check_cut(&super), 143);
}

static void options_of_ip_and_tcp_survive_in_every_segment(void **state)
{
	static struct superframe super = {.ip_bytes = 28, .transport_bytes = 32, .protocol = 6};

	(void)state;
	build(&super, ACK | PSH, 10000, 1400);
	assert_u64(check_cut(&super), 8);
}

static void tcp_over_ipv6_is_cut_behind_extension_headers_too(void **state)
{
	static struct superframe super = {
		.ip_bytes = 40, .transport_bytes = 32, .is_ipv6 = true, .protocol = 6};

	(void)state;
	build(&super, ACK | PSH, 64000, 1428);
	assert_u64(check_cut(&super), 45);
	super.ip_bytes = 48;
	build(&super, ACK | PSH, 5000, 1420);
	assert_u64(check_cut(&super), 4);
}

static void udp_is_cut_into_right_datagrams(void **state)
{
	static struct superframe super = {.ip_bytes = 20, .transport_bytes = 8, .protocol = 17};
	static struct superframe super6 = {
		.ip_bytes = 40, .transport_bytes = 8, .is_ipv6 = true, .protocol = 17};

	(void)state;
	build(&super, 0, 30000, 1200);
	assert_u64(check_cut(&super), 25);
	build(&super6, 0, 30001, 1200);
	assert_u64(check_cut(&super6), 26);
}

static void padding_behind_the_packet_is_not_payload(void **state)
{
	static struct superframe super = {.ip_bytes = 20, .transport_bytes = 20, .protocol = 6};
	struct cable_cut cut;

	(void)state;
	build(&super, ACK, 1000, 600);
	super.frame.length += 10;
	super.frame.slice[2].length += 10;
	assert_true(cable_cut_begin(&cut, &super.frame));
	assert_u64(cable_cut_length(&cut), 654);
	cable_cut_advance(&cut);
	assert_u64(cable_cut_length(&cut), 454);
	cable_cut_advance(&cut);
	assert_u64(cable_cut_length(&cut), 0);
}

static void headers_that_make_no_sense_are_refused(void **state)
{
	static struct superframe super = {.ip_bytes = 20, .transport_bytes = 20, .protocol = 6};
	struct cable_cut cut;
	int i;

	(void)state;
	for (i = 0; i < 12; i++) {
		build(&super, ACK, 5000, 1000);
		assert_true(cable_cut_begin(&cut, &super.frame));
		switch (i) {
		case 0:
			super.bytes[13] = 0x06; // ARP
			break;
		case 1:
			super.bytes[14] = 0x65;
			break;
		case 2:
			super.bytes[14] = 0x4f; // 60 bytes of header, not in the checksum
			break;
		case 3:
			put16(super.bytes + 16, 39); // total length within the headers
			break;
		case 4:
			super.bytes[14 + 9] = 17; // facts say TCP
			break;
		case 5:
			super.bytes[14 + 32] = 0xf0; // 60 bytes of TCP header, 20 are here
			break;
		case 6:
			super.bytes[14 + 32] = 0x40;
			break;
		case 7:
			super.frame.segment_bytes = 0;
			break;
		case 8:
			super.frame.segment_bytes = 2; // 2,500 segments
			break;
		case 9:
			super.frame.slice[0].length = 30;
			super.frame.length -= 24;
			break;
		case 10:
			super.frame.segmentation = 9;
			break;
		case 11:
			super.bytes[24] ^= 1; // IP checksum
			break;
		}
		assert_false(cable_cut_begin(&cut, &super.frame));
	}
}

static void an_open_checksum_is_completed(void **state)
{
	static struct superframe super = {.ip_bytes = 20, .transport_bytes = 20, .protocol = 6};
	uint8_t *field = super.bytes + 14 + 20 + 16, out[2000];
	uint32_t sum, length = 20 + 777;
	struct cable_cut cut;

	(void)state;
	build(&super, ACK, 777, 0);
	super.frame.segmentation = BERTH_SEGMENTATION_NONE;
	super.frame.checksum_start = 34;
	super.frame.checksum_offset = 16;
	sum = pseudo_sum(&super, super.bytes + 14, length);
	put16(field, (sum & 0xffff) + (sum >> 16));
	assert_true(cable_cut_begin(&cut, &super.frame));
	assert_u64(cable_cut_length(&cut), super.frame.length);
	cable_cut_emit(&cut, out);
	assert_u64(test_checksum(sum, out + 34, length), 0);
	memcpy(super.bytes + 50, out + 50, 2);
	assert_memory_equal(out, super.bytes, super.frame.length); // nothing else changed
	cable_cut_advance(&cut);
	assert_u64(cable_cut_length(&cut), 0);
	super.frame.checksum_start = 60000;
	assert_false(cable_cut_begin(&cut, &super.frame));
	super.frame.checksum_start = (uint16_t)(super.frame.length - 17);
	assert_false(cable_cut_begin(&cut, &super.frame));
	super.frame.checksum_start--;
	assert_true(cable_cut_begin(&cut, &super.frame));
}

static void a_udp_checksum_of_zero_goes_out_as_all_ones(void **state)
{
	uint8_t bytes[14 + 20 + 8 + 2] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}, out[60];
	struct berth_frame frame = {.slice = {{bytes, sizeof(bytes)}},
				    .slice_count = 1,
				    .checksum = BERTH_CHECKSUM_PARTIAL,
				    .checksum_start = 34,
				    .checksum_offset = 6,
				    .length = sizeof(bytes)};
	struct cable_cut cut;

	(void)state;
	put16(bytes + 34, 0x1234);
	put16(bytes + 42, 0xffff - 0x1234); // all sums to ffff
	assert_true(cable_cut_begin(&cut, &frame));
	cable_cut_emit(&cut, out);
	assert_u64(get16(out + 40), 0xffff);
}

static void a_faulty_port_sends_what_would_be_on_a_wire_and_a_sound_one_does_not(void **state)
{
	static struct superframe super = {.ip_bytes = 20, .transport_bytes = 20, .protocol = 6};
	struct berth_allocator allocator = test_allocator();
	struct berth_cable *cable = berth_cable_new(&allocator, 1);
	struct berth_cable_faults faults = {.delay_ns = 5, .jitter_ns = 5};
	struct berth_cable_counters counters;
	struct berth_frame out[64];
	size_t i;

	(void)state;
	build(&super, ACK | PSH, 65000, 1460);
	berth_cable_add_port(cable);
	berth_cable_add_port(cable);
	berth_cable_set_faults(cable, 0, &faults);
	berth_cable_send(cable, 0, &super.frame, 1, 0);
	assert_int_equal(berth_cable_receive(cable, 1, out, 64, 10), 1);
	assert_int_equal(out[0].segmentation, BERTH_SEGMENTATION_TCP4);
	faults.bytes_per_second = 1000000000;
	berth_cable_set_faults(cable, 0, &faults);
	berth_cable_send(cable, 0, &super.frame, 1, 10);
	assert_int_equal(berth_cable_receive(cable, 1, out, 64, BERTH_NEVER - 1), 45);
	for (i = 0; i < 45; i++) {
		assert_int_equal(out[i].segmentation, BERTH_SEGMENTATION_NONE);
		assert_int_equal(out[i].checksum, BERTH_CHECKSUM_UNKNOWN);
		assert_u64(out[i].length, i < 44 ? 1514 : 54 + 760);
	}
	super.bytes[14] = 0; // nonsense
	berth_cable_send(cable, 0, &super.frame, 1, 10);
	berth_cable_counters(cable, 0, &counters);
	assert_u64(counters.frames, 46);
	assert_u64(counters.lost, 1);
	berth_cable_free(cable);
	assert_u64(test_allocated_bytes(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_over_ipv4_is_cut_into_right_segments),
		cmocka_unit_test(options_of_ip_and_tcp_survive_in_every_segment),
		cmocka_unit_test(tcp_over_ipv6_is_cut_behind_extension_headers_too),
		cmocka_unit_test(udp_is_cut_into_right_datagrams),
		cmocka_unit_test(padding_behind_the_packet_is_not_payload),
		cmocka_unit_test(headers_that_make_no_sense_are_refused),
		cmocka_unit_test(an_open_checksum_is_completed),
		cmocka_unit_test(a_udp_checksum_of_zero_goes_out_as_all_ones),
		cmocka_unit_test(
			a_faulty_port_sends_what_would_be_on_a_wire_and_a_sound_one_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
