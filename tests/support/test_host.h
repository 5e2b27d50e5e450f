// SPDX-License-Identifier: MIT
//
// Hosts for tests: made with a watched allocator, alone or two on a perfect wire, in virtual time.
//
// Frames by hand are built here byte by byte with code of their own, so that a fault of the library
// cannot hide in a fault of the test.
#ifndef BERTH_TESTS_TEST_HOST_H
#define BERTH_TESTS_TEST_HOST_H

#include <berth/berth.h>

#include "unit.h"

#define TEST_US UINT64_C(1000)
#define TEST_MS UINT64_C(1000000)
#define TEST_S UINT64_C(1000000000)

// Like test_allocator, but acquisition number fail_at (from 1) and all later ones give nothing. 0:
// none fails. One test at a time.
struct berth_allocator test_allocator_failing_at(uint64_t fail_at);
uint64_t test_failing_acquisitions(void); // so far, of that one

// Host number n: MAC 02:00:00:00:00:0n, 10.0.0.n/24, fd00::n/64, seed n.
struct test_host {
	struct berth_host *host;
	struct berth_mac mac;
	struct berth_address ipv4, ipv6;
};

struct test_host_options {
	struct berth_config config; // zeros: defaults
	uint32_t offloads;
	uint16_t mtu; // 0: 1500
};

void test_host_open(struct test_host *test, uint8_t number,
		    const struct test_host_options *options);
void test_host_close(struct test_host *test);

// Two hosts, 1 and 2, on a wire that neither delays nor loses.
struct test_pair {
	struct test_host left, right;
	uint64_t now;
	uint64_t frames; // carried so far
};

void test_pair_open(struct test_pair *pair, const struct test_host_options *options);
void test_pair_close(struct test_pair *pair);
// Carry frames until neither host has one at this instant.
void test_pair_settle(struct test_pair *pair);
// Let time pass, from deadline to deadline.
void test_pair_run(struct test_pair *pair, uint64_t duration_ns);

struct berth_endpoint test_endpoint(const char *address, uint16_t port);
berth_socket test_socket(struct test_host *test, enum berth_family family,
			 enum berth_protocol protocol);
// Open and bind; address "" is any.
berth_socket test_bound(struct test_host *test, enum berth_family family,
			enum berth_protocol protocol, const char *address, uint16_t port);
void test_assert_endpoint(const struct berth_endpoint *endpoint, const char *text);
// What a socket has been told since the last call: all its events' bits together, others' untouched
// news are dropped.
uint32_t test_events_of(struct test_host *test, berth_socket socket);
uint64_t test_drops(const struct test_host *test, enum berth_drop reason);

// A frame by hand.
struct test_frame {
	uint8_t bytes[2048];
	uint32_t length;
};

#define TEST_ETHERNET_BYTES 14u

// A right datagram from source (with that MAC) to target.
void test_frame_udp(struct test_frame *frame, const struct berth_mac *source_mac,
		    const struct berth_mac *target_mac, const struct berth_endpoint *source,
		    const struct berth_endpoint *target, const void *payload, uint32_t length);
// Where the UDP header begins.
uint8_t *test_frame_udp_header(struct test_frame *frame);
void test_frame_sum_udp(struct test_frame *frame); // set its checksum anew
// An ICMP error of that type and code about the packet in quoted, from source to its sender.
void test_frame_icmp4_error(struct test_frame *frame, const struct berth_mac *source_mac,
			    const struct berth_address *source, uint8_t type, uint8_t code,
			    uint16_t mtu, const struct test_frame *quoted);
void test_give(struct test_host *test, const struct test_frame *frame, uint64_t now);
// The next frame the host transmits, in one piece; false: none.
bool test_take(struct test_host *test, struct test_frame *ret_frame, uint64_t now);
// The next one that is neither ARP nor NDP.
bool test_take_packet(struct test_host *test, struct test_frame *ret_frame, uint64_t now);
// Let the host know address's MAC by an ARP or NDP question of its own.
void test_teach(struct test_host *test, const struct berth_address *address,
		const struct berth_mac *mac, uint64_t now);

// The Internet checksum, the slow way. 0 over what includes a right one.
uint16_t test_checksum(uint32_t sum, const uint8_t *bytes, size_t length);

#endif
