// SPDX-License-Identifier: MIT
//
// How do tests get layers 2 and 3 alone, and how do they talk to them in bytes?
#include "test_layers.h"

#include <stdlib.h>

#define HEX_BYTES_MAX 4096u

static const uint64_t seed[2] = {1, 2};

void test_layers_open_bare(struct test_layers *layers, const struct berth_config *config)
{
	const struct berth_allocator allocator = test_allocator();

	memset(layers, 0, sizeof(*layers));
	memory_init(&layers->memory, &allocator);
	buffer_pool_init(&layers->buffers, &layers->memory, 1u << 20);
	packet_pool_init(&layers->packets, &layers->memory, &layers->buffers, 0);
	random_init(&layers->random, seed, 0);
	layers->link =
		link_new(&layers->memory, &layers->packets, &layers->random, layers->drops, config);
	assert_non_null(layers->link);
	layers->ip = ip_new(&layers->memory, layers->link, &layers->packets, &layers->random,
			    layers->drops);
	assert_non_null(layers->ip);
}

void test_layers_open(struct test_layers *layers)
{
	const struct berth_config config = {.queued_packets_max = 0};

	test_layers_open_bare(layers, &config);
	assert_int_equal(test_layers_add_interface(layers, 1, 0), 0);
	test_layers_add_address(layers, 0, "10.0.0.1/24");
	test_layers_add_address(layers, 0, "fd00::1/64");
}

void test_layers_close(struct test_layers *layers)
{
	ip_free(layers->ip);
	link_free(layers->link);
	packet_pool_clear(&layers->packets);
	buffer_pool_clear(&layers->buffers);
	assert_u64(layers->memory.bytes_held, 0);
	assert_u64(test_allocated_bytes(), 0);
}

int test_layers_add_interface(struct test_layers *layers, uint8_t mac_number, uint32_t offloads)
{
	const struct berth_interface_config config = {
		.mac = test_mac(mac_number),
		.offloads = offloads,
		.name = "eth",
	};
	const int index = link_add_interface(layers->link, &config);

	assert_true(index >= 0);
	assert_int_equal(ip_add_interface(layers->ip, index, &config.mac), 0);
	return index;
}

void test_layers_add_address(struct test_layers *layers, int interface_index, const char *prefix)
{
	struct berth_address address;
	uint8_t bits;

	assert_true(berth_prefix_parse(prefix, &address, &bits));
	assert_int_equal(ip_add_address(layers->ip, interface_index, &address, bits), 0);
}

void test_layers_add_route(struct test_layers *layers, int interface_index, const char *prefix,
			   const char *gateway)
{
	struct berth_address destination, hop;
	uint8_t bits;

	assert_true(berth_prefix_parse(prefix, &destination, &bits));
	if (gateway)
		hop = test_address(gateway);
	assert_int_equal(ip_add_route(layers->ip, interface_index, &destination, bits,
				      gateway ? &hop : NULL),
			 0);
}

enum ip_result test_layers_receive_frame(struct test_layers *layers,
					 const struct berth_frame *frame, uint64_t now)
{
	struct slices packet;
	const enum link_result kind = link_receive(layers->link, frame, now, &packet);

	if (kind == LINK_CONSUMED)
		return IP_CONSUMED;
	return ip_receive(layers->ip, kind, &packet, frame, frame->interface_index, now,
			  &layers->packet, &layers->error);
}

// The bytes are received from a block of their own length, so that a sanitizer sees every byte
// read behind them.
enum ip_result test_layers_receive(struct test_layers *layers, const void *bytes, size_t length,
				   uint64_t now)
{
	static uint8_t *copy; // of the last one: layers->packet points into it

	free(copy);
	copy = malloc(length ? length : 1);
	assert_non_null(copy);
	memcpy(copy, bytes, length);
	return test_layers_receive_frame(layers,
					 &(struct berth_frame){
						 .slice = {{copy, (uint32_t)length}},
						 .slice_count = 1,
						 .length = (uint32_t)length,
					 },
					 now);
}

enum ip_result test_layers_receive_hex(struct test_layers *layers, const char *hex, uint64_t now)
{
	uint8_t bytes[HEX_BYTES_MAX];

	return test_layers_receive(layers, bytes, test_bytes_of_hex(hex, bytes, sizeof(bytes)),
				   now);
}

enum ip_result test_layers_receive_loopback(struct test_layers *layers, uint64_t now)
{
	struct berth_frame frame;
	enum link_result kind;
	enum ip_result result;
	struct packet *packet = link_loopback_take(layers->link, &frame, &kind);
	struct slices bytes;

	assert_non_null(packet);
	bytes = (struct slices){
		.part = {frame.slice[0]},
		.count = 1,
		.length = frame.length,
	};
	result = ip_receive(layers->ip, kind, &bytes, &frame, LINK_LOOPBACK, now, &layers->packet,
			    &layers->error);
	packet_release(&layers->packets, packet);
	return result;
}

enum berth_drop test_layers_send(struct test_layers *layers, const char *target, uint8_t protocol,
				 const void *payload, uint32_t length, uint64_t now)
{
	const struct berth_address to = test_address(target);
	const struct berth_address any = {.family = BERTH_FAMILY_NONE};
	struct packet *packet = packet_acquire(&layers->packets, length);
	struct outgoing out = {.owner = packet};
	struct ip_path path;

	assert_non_null(packet);
	assert_int_equal(ip_find_path(layers->ip, &to, &any, &path), 0);
	memcpy(packet_append(packet, length), payload, length);
	out.header = packet_data(packet);
	out.header_bytes = length;
	return ip_send(layers->ip, &path, protocol, &out, now);
}

size_t test_layers_transmit(struct test_layers *layers)
{
	link_burst_begin(layers->link, layers->frames, TEST_FRAMES_MAX);
	link_transmit_queued(layers->link);
	layers->frame_count = link_burst_end(layers->link);
	return layers->frame_count;
}

void test_assert_frame(const struct test_layers *layers, size_t index, const char *hex,
		       const char *file, int line)
{
	uint8_t bytes[HEX_BYTES_MAX];
	uint32_t length = 0;

	if (index >= layers->frame_count) {
		print_error("no frame number %zu: there are %zu\n", index, layers->frame_count);
		_fail(file, line);
	}
	for (unsigned part = 0; part < layers->frames[index].slice_count; part++) {
		const struct berth_slice *slice = &layers->frames[index].slice[part];

		assert_true(length + slice->length <= sizeof(bytes));
		memcpy(bytes + length, slice->data, slice->length);
		length += slice->length;
	}
	assert_u64(layers->frames[index].length, length);
	test_assert_hex(bytes, length, hex, file, line);
}

// An ARP request or a neighbour solicitation for us makes its sender known.
void test_layers_resolve(struct test_layers *layers, const char *address, uint8_t mac_number,
			 uint64_t now)
{
	const struct berth_address sender = test_address(address);
	uint8_t frame[128] = {0};

	if (sender.family == BERTH_FAMILY_IPV4) {
		test_bytes_of_hex("ffffffffffff 020000000000 0806 0001 0800 06 04 0001"
				  "020000000000 00000000 000000000000 0a000001",
				  frame, sizeof(frame));
		frame[11] = frame[27] = mac_number;
		memcpy(frame + 28, sender.byte, 4);
		test_layers_receive(layers, frame, 42, now);
	} else {
		uint8_t message[32];
		size_t length;

		test_bytes_of_hex("8700 0000 00000000 fd000000000000000000000000000001"
				  "0101 020000000000",
				  message, sizeof(message));
		message[31] = mac_number;
		length = test_build_ipv6(frame, address, "fd00::1", 58, message, sizeof(message));
		frame[21] = 255;
		test_put_checksum_ipv6(frame, length, 2);
		test_layers_receive(layers, frame, length, now);
	}
	test_layers_transmit(layers);
}

struct berth_address test_address(const char *text)
{
	struct berth_address address;

	assert_true(berth_address_parse(text, &address));
	return address;
}

struct berth_mac test_mac(uint8_t number)
{
	const struct berth_mac mac = {{0x02, 0, 0, 0, 0, number}};

	return mac;
}

void test_put_checksum(uint8_t *at, const void *bytes, size_t length, uint32_t start)
{
	const uint8_t *from = bytes;
	uint32_t sum = start;

	at[0] = at[1] = 0;
	for (size_t index = 0; index < length; index++)
		sum += index % 2 ? from[index] : (uint32_t)from[index] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	at[0] = (uint8_t)(~sum >> 8);
	at[1] = (uint8_t)~sum;
}

static void put_ethernet(uint8_t *to, uint16_t type)
{
	const struct berth_mac target = test_mac(1), source = test_mac(2);

	memcpy(to, target.byte, 6);
	memcpy(to + 6, source.byte, 6);
	to[12] = (uint8_t)(type >> 8);
	to[13] = (uint8_t)type;
}

size_t test_build_ipv4(uint8_t *to, const char *source, const char *target, uint8_t protocol,
		       const void *payload, size_t length)
{
	const struct berth_address from = test_address(source), at = test_address(target);
	const size_t total = 20 + length;

	put_ethernet(to, 0x0800);
	test_bytes_of_hex("4500 0000 0000 4000 40 00 0000", to + 14, 12);
	to[16] = (uint8_t)(total >> 8);
	to[17] = (uint8_t)total;
	to[23] = protocol;
	memcpy(to + 26, from.byte, 4);
	memcpy(to + 30, at.byte, 4);
	test_put_checksum(to + 24, to + 14, 20, 0);
	if (length)
		memcpy(to + 34, payload, length);
	return 14 + total;
}

size_t test_build_ipv6(uint8_t *to, const char *source, const char *target, uint8_t next_header,
		       const void *payload, size_t length)
{
	const struct berth_address from = test_address(source), at = test_address(target);

	put_ethernet(to, 0x86dd);
	test_bytes_of_hex("60000000 0000 00 40", to + 14, 8);
	to[18] = (uint8_t)(length >> 8);
	to[19] = (uint8_t)length;
	to[20] = next_header;
	memcpy(to + 22, from.byte, 16);
	memcpy(to + 38, at.byte, 16);
	if (length)
		memcpy(to + 54, payload, length);
	return 54 + length;
}

void test_put_checksum_ipv6(uint8_t *frame, size_t length, size_t field_offset)
{
	const size_t payload = length - 54;
	uint32_t start = (uint32_t)payload + frame[20];

	for (size_t index = 22; index < 54; index += 2)
		start += (uint32_t)frame[index] << 8 | frame[index + 1];
	test_put_checksum(frame + 54 + field_offset, frame + 54, payload, start);
}
