// SPDX-License-Identifier: MIT
//
// Layers 2 and 3 alone, for tests: one interface, frames written in hexadecimal, virtual time.
//
// We are 02:00:00:00:00:01, 10.0.0.1/24, fd00::1/64 and fe80::ff:fe00:1. The other machine of most
// tests is 02:00:00:00:00:02, 10.0.0.2, fd00::2.
#ifndef BERTH_TESTS_TEST_LAYERS_H
#define BERTH_TESTS_TEST_LAYERS_H

#include "../../lib/base/time_units.h"
#include "../../lib/ip/ip.h"
#include "unit.h"

#define TEST_FRAMES_MAX BERTH_BURST_MAX

struct test_layers {
	struct memory memory;
	struct buffer_pool buffers;
	struct packet_pool packets;
	struct random random;
	struct link_layer *link;
	struct ip_layer *ip;
	uint64_t drops[BERTH_DROP_COUNT];
	struct berth_frame frames[TEST_FRAMES_MAX]; // of the last burst
	size_t frame_count;
	// What the last received IP packet turned out to be.
	struct ip_packet packet;
	struct ip_error error;
};

void test_layers_open(struct test_layers *layers);
// config: limits; its allocator is not looked at. No interface is added.
void test_layers_open_bare(struct test_layers *layers, const struct berth_config *config);
void test_layers_close(struct test_layers *layers); // everything must have come back
int test_layers_add_interface(struct test_layers *layers, uint8_t mac_number, uint32_t offloads);
void test_layers_add_address(struct test_layers *layers, int interface_index, const char *prefix);
void test_layers_add_route(struct test_layers *layers, int interface_index, const char *prefix,
			   const char *gateway);

// A frame of one slice on interface 0. IP packets go on to ip.
enum ip_result test_layers_receive(struct test_layers *layers, const void *bytes, size_t length,
				   uint64_t now);
enum ip_result test_layers_receive_hex(struct test_layers *layers, const char *hex, uint64_t now);
enum ip_result test_layers_receive_frame(struct test_layers *layers,
					 const struct berth_frame *frame, uint64_t now);
// The oldest packet to ourselves goes up. The packet is gone when this returns: look at
// layers->packet's facts, not at its bytes.
enum ip_result test_layers_receive_loopback(struct test_layers *layers, uint64_t now);

// A packet of ours with an owner: payload stands for transport header and all. The path is looked
// up for it. A target without a path fails the test.
enum berth_drop test_layers_send(struct test_layers *layers, const char *target, uint8_t protocol,
				 const void *payload, uint32_t length, uint64_t now);

// Collect one burst of what is queued; returns how many frames.
size_t test_layers_transmit(struct test_layers *layers);
// The bytes of frame number index of the last burst, as one hexadecimal comparison.
void test_assert_frame(const struct test_layers *layers, size_t index, const char *hex,
		       const char *file, int line);
#define assert_frame(layers, index, hex) test_assert_frame(layers, index, hex, __FILE__, __LINE__)

// A neighbour answers for address with 02:00:00:00:00:0n, asked or not yet: afterwards its MAC is
// known. Nothing of that is left to transmit.
void test_layers_resolve(struct test_layers *layers, const char *address, uint8_t mac_number,
			 uint64_t now);

struct berth_address test_address(const char *text);
struct berth_mac test_mac(uint8_t number);

// A hand-made frame from 02::2 to 02::1: Ethernet and IP header with right lengths and checksum,
// then the payload. Returns its length.
size_t test_build_ipv4(uint8_t *to, const char *source, const char *target, uint8_t protocol,
		       const void *payload, size_t length);
size_t test_build_ipv6(uint8_t *to, const char *source, const char *target, uint8_t next_header,
		       const void *payload, size_t length);
// The Internet checksum, computed the slow way, in two bytes as they go on the wire.
void test_put_checksum(uint8_t *at, const void *bytes, size_t length, uint32_t start);
// Of an ICMPv6 or UDP message in a frame made by test_build_ipv6.
void test_put_checksum_ipv6(uint8_t *frame, size_t length, size_t field_offset);

#endif
