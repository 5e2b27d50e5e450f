// SPDX-License-Identifier: MIT
//
// A TAP with the Linux kernel at its other end, in a network namespace of the test's own: ARP
// answered, datagrams and superframes both ways, and every failure said in words.
//
// The kernel is 10.9.0.1, we are 10.9.0.2 with MAC 02:00:00:00:09:02.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../devices/device_tap.h"
#include "../../../lib/base/checksum.h"
#include "../../../lib/wire/wire_arp.h"
#include "../../../lib/wire/wire_checksum.h"
#include "../../../lib/wire/wire_ethernet.h"
#include "../../../lib/wire/wire_ipv4.h"
#include "../../../lib/wire/wire_udp.h"
#include "../../support/unit.h"

#define WAIT_MS 2000
#define READS_MAX 200
#define OUR_PORT 7001
#define KERNEL_PORT 7000

static const struct berth_mac our_mac = {{2, 0, 0, 0, 9, 2}};
static struct berth_mac kernel_mac;
static struct berth_address our_address, kernel_address;
static struct device *tap; // NULL: not permitted here
static const char *reason_to_skip;
static char error[DEVICE_ERROR_TEXT_MAX];

static bool write_file(const char *path, const char *words)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool is_written;

	if (fd < 0)
		return false;
	is_written = write(fd, words, strlen(words)) == (ssize_t)strlen(words);
	close(fd);
	return is_written;
}

// A network of our own, in which we may do everything.
static bool enter_namespace(void)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
	if (!write_file("/proc/self/setgroups", "deny") || !write_file("/proc/self/uid_map", map))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
	return write_file("/proc/self/gid_map", map);
}

static int open_tap(void **state)
{
	(void)state;
	our_address = berth_ipv4(10, 9, 0, 2);
	kernel_address = berth_ipv4(10, 9, 0, 1);
	if (!enter_namespace()) {
		reason_to_skip = "no user and network namespace may be made here";
		return 0;
	}
	if (access("/dev/net/tun", R_OK | W_OK) < 0) {
		reason_to_skip = "/dev/net/tun is not there for us";
		return 0;
	}
	tap = device_tap_open("berthtest", error, sizeof(error));
	if (!tap) {
		print_error("%s\n", error);
		return -1;
	}
	write_file("/proc/sys/net/ipv6/conf/berthtest/disable_ipv6", "1"); // it would chat
	if (device_tap_set_mtu(tap, 1400) < 0 || device_tap_set_up(tap) < 0 ||
	    device_tap_set_address(tap, &kernel_address, 24) < 0 ||
	    device_tap_get_mac(tap, &kernel_mac) < 0)
		return -1;
	return 0;
}

static int close_tap(void **state)
{
	(void)state;
	device_close(tap);
	return 0;
}

static void require_tap(void)
{
	if (!tap) {
		print_message("skipped: %s\n", reason_to_skip);
		skip();
	}
}

// The next frame of that Ethernet type; NULL: none came in time.
static const struct berth_frame *await_frame(uint16_t type)
{
	static struct berth_frame frame;
	struct pollfd waiting = {.fd = tap->fd, .events = POLLIN};
	struct ethernet_header header;
	int reads;

	for (reads = 0; reads < READS_MAX; reads++) {
		ssize_t count = device_receive(tap, &frame, 1);

		assert_true(count >= 0);
		if (count == 0 && poll(&waiting, 1, WAIT_MS) <= 0)
			return NULL;
		if (count == 1 && ethernet_parse(frame.slice[0].data, frame.length, &header) &&
		    header.type == type)
			return &frame;
	}
	return NULL;
}

static void put_ethernet(uint8_t *bytes, uint16_t type)
{
	struct ethernet_header header = {.target = kernel_mac, .source = our_mac, .type = type};

	ethernet_emit(&header, bytes);
}

static void send_frame(const struct berth_frame *frame)
{
	size_t sent;

	assert_int_equal(device_transmit(tap, frame, 1, &sent), 0);
	assert_int_equal(sent, 1);
}

static void send_arp(uint16_t operation)
{
	struct arp_packet arp = {.operation = operation,
				 .sender_mac = our_mac,
				 .sender_address = our_address,
				 .target_mac = kernel_mac,
				 .target_address = kernel_address};
	uint8_t bytes[60] = {0};
	// In two slices, as a host gives them.
	struct berth_frame frame = {
		.slice = {{bytes, 14}, {bytes + 14, 46}}, .slice_count = 2, .length = 60};

	put_ethernet(bytes, ETHERNET_TYPE_ARP);
	arp_emit(&arp, bytes + 14);
	send_frame(&frame);
}

static int kernel_socket(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(KERNEL_PORT)};
	struct timeval patience = {.tv_sec = 2};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memcpy(&name.sin_addr, kernel_address.byte, 4);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	memcpy(&name.sin_addr, our_address.byte, 4);
	name.sin_port = htons(OUR_PORT);
	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

static void the_kernel_answers_arp(void **state)
{
	struct arp_packet arp;
	const struct berth_frame *frame;

	(void)state;
	require_tap();
	send_arp(ARP_REQUEST);
	frame = await_frame(ETHERNET_TYPE_ARP);
	assert_non_null(frame);
	assert_true(
		arp_parse((const uint8_t *)frame->slice[0].data + 14, frame->length - 14, &arp));
	assert_int_equal(arp.operation, ARP_REPLY);
	assert_true(mac_equal(&arp.sender_mac, &kernel_mac));
	assert_true(berth_address_equal(&arp.sender_address, &kernel_address));
	assert_true(mac_equal(&arp.target_mac, &our_mac));
}

static void the_kernels_datagram_arrives_with_its_checksum_open(void **state)
{
	const struct berth_frame *frame;
	int fd;

	(void)state;
	require_tap();
	send_arp(ARP_REQUEST); // teaches the kernel our MAC
	assert_non_null(await_frame(ETHERNET_TYPE_ARP));
	fd = kernel_socket();
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	frame = await_frame(ETHERNET_TYPE_IPV4);
	assert_non_null(frame);
	assert_u64(frame->length, 14 + 20 + 8 + 5);
	assert_memory_equal((const uint8_t *)frame->slice[0].data + 42, "hello", 5);
	if (tap->offloads & BERTH_OFFLOAD_CHECKSUM) {
		assert_int_equal(frame->checksum, BERTH_CHECKSUM_PARTIAL);
		assert_int_equal(frame->checksum_start, 34);
		assert_int_equal(frame->checksum_offset, UDP_CHECKSUM_OFFSET);
	}
	close(fd);
}

// A datagram to the kernel whose checksum is left open; segment_bytes > 0: a superframe.
static void send_open_datagram(uint32_t payload, uint16_t segment_bytes)
{
	static uint8_t bytes[60000];
	struct berth_frame frame = {.slice = {{bytes, 42}, {bytes + 42, payload}},
				    .slice_count = 2,
				    .checksum = BERTH_CHECKSUM_PARTIAL,
				    .header_bytes = 42,
				    .checksum_start = 34,
				    .checksum_offset = UDP_CHECKSUM_OFFSET,
				    .length = 42 + payload};
	struct ipv4_header ipv4 = {.total_bytes = (uint16_t)(28 + payload),
				   .ttl = 64,
				   .protocol = IP_PROTOCOL_UDP,
				   .source = our_address,
				   .target = kernel_address};
	struct udp_header udp = {.source_port = OUR_PORT,
				 .target_port = KERNEL_PORT,
				 .length = (uint16_t)(8 + payload)};
	uint64_t random = payload;

	udp.checksum = checksum_fold(
		pseudo_header_sum(&our_address, &kernel_address, IP_PROTOCOL_UDP, 8 + payload));
	put_ethernet(bytes, ETHERNET_TYPE_IPV4);
	ipv4_emit(&ipv4, bytes + 14);
	udp_emit(&udp, bytes + 34);
	memcpy(bytes + 40, &udp.checksum, 2);
	test_random_bytes(&random, bytes + 42, payload);
	if (segment_bytes > 0) {
		frame.segmentation = BERTH_SEGMENTATION_UDP;
		frame.segment_bytes = segment_bytes;
	}
	send_frame(&frame);
}

static void the_kernel_completes_our_open_checksum(void **state)
{
	uint8_t received[2000], expected[1000];
	uint64_t random = 1000;
	int fd;

	(void)state;
	require_tap();
	fd = kernel_socket();
	send_open_datagram(1000, 0);
	assert_int_equal(recv(fd, received, sizeof(received), 0), 1000);
	test_random_bytes(&random, expected, 1000);
	assert_memory_equal(received, expected, 1000);
	close(fd);
}

static void our_superframe_becomes_datagrams_in_the_kernel(void **state)
{
	uint8_t received[2000], expected[5000];
	uint64_t random = 5000;
	int fd, i;

	(void)state;
	require_tap();
	if (!(tap->offloads & BERTH_OFFLOAD_SEGMENT_UDP)) {
		print_message("skipped: this kernel takes no UDP superframes\n");
		skip();
	}
	fd = kernel_socket();
	send_open_datagram(5000, 1200);
	test_random_bytes(&random, expected, 5000);
	for (i = 0; i < 5; i++) {
		int length = i < 4 ? 1200 : 200;

		assert_int_equal(recv(fd, received, sizeof(received), 0), length);
		assert_memory_equal(received, expected + 1200 * i, length);
	}
	close(fd);
}

static void the_kernels_superframe_arrives_whole(void **state)
{
	const struct berth_frame *frame;
	static uint8_t payload[20000];
	int segment_bytes = 1000, fd;
	uint64_t random = 9;

	(void)state;
	require_tap();
	if (!(tap->offloads & BERTH_OFFLOAD_SEGMENT_UDP)) {
		print_message("skipped: this kernel gives no UDP superframes\n");
		skip();
	}
	send_arp(ARP_REQUEST);
	assert_non_null(await_frame(ETHERNET_TYPE_ARP));
	fd = kernel_socket();
	test_random_bytes(&random, payload, sizeof(payload));
	if (setsockopt(fd, SOL_UDP, 103 /* UDP_SEGMENT */, &segment_bytes, sizeof(segment_bytes)) <
	    0) {
		close(fd);
		print_message("skipped: this kernel's sockets make no UDP superframes\n");
		skip();
	}
	assert_int_equal(send(fd, payload, sizeof(payload), 0), sizeof(payload));
	frame = await_frame(ETHERNET_TYPE_IPV4);
	assert_non_null(frame);
	assert_u64(frame->length, 42 + sizeof(payload));
	assert_int_equal(frame->segmentation, BERTH_SEGMENTATION_UDP);
	assert_int_equal(frame->segment_bytes, 1000);
	assert_int_equal(frame->header_bytes, 42);
	assert_int_equal(frame->checksum, BERTH_CHECKSUM_PARTIAL);
	assert_memory_equal((const uint8_t *)frame->slice[0].data + 42, payload, sizeof(payload));
	close(fd);
}

static void a_burst_keeps_every_frame_until_the_next(void **state)
{
	struct berth_frame frames[DEVICE_BURST_MAX];
	ssize_t count, i;
	uint8_t number;
	int fd;

	(void)state;
	require_tap();
	send_arp(ARP_REQUEST);
	assert_non_null(await_frame(ETHERNET_TYPE_ARP));
	fd = kernel_socket();
	for (number = 0; number < 10; number++)
		assert_int_equal(send(fd, &number, 1, 0), 1);
	count = device_receive(tap, frames, 1000); // no more than its burst
	assert_int_equal(count, 10);
	for (i = 0; i < count; i++)
		assert_int_equal(((const uint8_t *)frames[i].slice[0].data)[42], i);
	assert_int_equal(device_receive(tap, frames, 1), 0);
	close(fd);
}

static void its_name_mtu_and_counters_are_told(void **state)
{
	unsigned mtu = 0;

	(void)state;
	require_tap();
	assert_string_equal(tap->name, "berthtest");
	assert_int_equal(device_tap_get_mtu(tap, &mtu), 0);
	assert_int_equal(mtu, 1400);
	assert_true(tap->counters.frames_in > 10);
	assert_true(tap->counters.frames_out > 3);
	assert_u64(tap->counters.malformed, 0);
	assert_u64(tap->counters.lost, 0);
}

static void failures_to_open_are_said_in_words(void **state)
{
	(void)state;
	require_tap();
	assert_null(device_tap_open("a_name_that_is_too_long", error, sizeof(error)));
	assert_string_equal(error, "interface name a_name_that_is_too_long is longer than 15 "
				   "characters");
	assert_null(device_tap_open("lo", error, sizeof(error)));
	assert_string_equal(error,
			    "interface lo exists and is not a TAP, or its name is impossible");
	assert_null(device_tap_open("berthtest", error, sizeof(error)));
	assert_string_equal(error, "TAP interface berthtest is in use by another program");
}

static void frames_to_a_cable_that_is_down_are_lost(void **state)
{
	struct device *down;
	uint8_t bytes[60] = {0};
	struct berth_frame frames[2] = {{.slice = {{bytes, 60}}, .slice_count = 1, .length = 60},
					{.slice = {{bytes, 60}}, .slice_count = 1, .length = 60}};
	size_t sent = 7;

	(void)state;
	require_tap();
	down = device_tap_open(NULL, error, sizeof(error)); // the kernel names it
	assert_non_null(down);
	assert_memory_equal(down->name, "tap", 3);
	assert_int_equal(device_transmit(down, frames, 2, &sent), 0);
	assert_int_equal(sent, 0);
	assert_u64(down->counters.lost, 2);
	assert_int_equal(device_transmit(down, frames, 2, NULL), 0);
	device_close(down);
	device_close(NULL);
}

static void addresses_that_cannot_be_are_refused(void **state)
{
	struct berth_address none = {0}, ipv6;

	(void)state;
	require_tap();
	assert_int_equal(device_tap_set_address(tap, &none, 0), -EINVAL);
	assert_int_equal(device_tap_set_address(tap, &our_address, 33), -EINVAL);
	assert_true(berth_address_parse("fd00::1", &ipv6));
	assert_int_equal(device_tap_set_address(tap, &ipv6, 129), -EINVAL);
}

static void an_interface_taken_away_is_noticed(void **state)
{
	struct berth_frame frame;
	struct device *gone;
	uint8_t bytes[60] = {0};
	struct berth_frame out = {.slice = {{bytes, 60}}, .slice_count = 1, .length = 60};

	(void)state;
	require_tap();
	gone = device_tap_open("berthgone", error, sizeof(error));
	assert_non_null(gone);
	if (system("ip link delete berthgone >/dev/null 2>&1") != 0) {
		device_close(gone);
		print_message("skipped: no ip command to delete the interface with\n");
		skip();
	}
	assert_int_equal(device_receive(gone, &frame, 1), -ENODEV);
	assert_int_equal(device_transmit(gone, &out, 1, NULL), -ENODEV);
	assert_u64(gone->counters.lost, 1);
	device_close(gone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_answers_arp),
		cmocka_unit_test(the_kernels_datagram_arrives_with_its_checksum_open),
		cmocka_unit_test(the_kernel_completes_our_open_checksum),
		cmocka_unit_test(our_superframe_becomes_datagrams_in_the_kernel),
		cmocka_unit_test(the_kernels_superframe_arrives_whole),
		cmocka_unit_test(a_burst_keeps_every_frame_until_the_next),
		cmocka_unit_test(its_name_mtu_and_counters_are_told),
		cmocka_unit_test(failures_to_open_are_said_in_words),
		cmocka_unit_test(frames_to_a_cable_that_is_down_are_lost),
		cmocka_unit_test(addresses_that_cannot_be_are_refused),
		cmocka_unit_test(an_interface_taken_away_is_noticed),
	};

	return cmocka_run_group_tests(tests, open_tap, close_tap);
}
