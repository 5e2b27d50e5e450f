// SPDX-License-Identifier: MIT
//
// One host, and opposite it a computer made by hand: it sends exactly the segments a test writes
// down and reads what the host answers, in virtual time. Frames are built and read byte by byte
// here, with no code of the library.
//
// Sequence numbers are relative to the initial one of whoever sends, acknowledgments to the
// other's: a SYN is 0, the first byte 1.
#ifndef BERTH_TESTS_TEST_SEGMENT_H
#define BERTH_TESTS_TEST_SEGMENT_H

#include "test_host.h"

#define TEST_PEER_ISN 1000u // of the computer made by hand
#define TEST_PORT 80        // of the host's listener
#define TEST_PEER_PORT 4000

struct test_peer {
	struct test_host test; // host 1: 10.0.0.1, fd00::1
	struct berth_mac mac;
	struct berth_endpoint host_end, peer_end;
	uint64_t now;
	uint32_t host_isn;      // learned from its SYN
	uint32_t peer_isn;      // TEST_PEER_ISN to begin with
	struct test_frame last; // the frame taken last
};

struct test_segment {
	const char *flags; // of "S F R P A U", in this order: "SA", "FA", "PA", "R"
	uint32_t seq, ack;
	uint32_t length;      // payload: each byte is the low part of its own number
	uint32_t window;      // as in the header; given 0: 65,535
	bool has_zero_window; // given: really 0
	uint16_t mss;         // 0: no such option
	uint8_t window_scale;
	bool has_window_scale, sack_permitted, has_timestamps;
	uint32_t timestamp, echo;
	uint8_t sack_count;
	uint32_t sack[4][2]; // relative
};

// A host with 10.0.0.2 opposite, whose MAC it knows.
void test_peer_open(struct test_peer *peer, const struct test_host_options *options);
void test_peer_open_ipv6(struct test_peer *peer, const struct test_host_options *options);
void test_peer_close(struct test_peer *peer);

void test_peer_give(struct test_peer *peer, const struct test_segment *segment);
// The frame of a segment, to spoil before test_give; call test_peer_sum afterwards if it is to be
// right.
void test_peer_build(const struct test_peer *peer, const struct test_segment *segment,
		     struct test_frame *frame);
void test_peer_sum(struct test_frame *frame);
uint8_t *test_peer_tcp(struct test_frame *frame); // where the TCP header begins

// The next segment of the host; false: it has none now.
bool test_peer_take(struct test_peer *peer, struct test_segment *ret_segment);
// It must be this one: flags, seq, ack, length. A SYN teaches the host's initial number.
void test_peer_expect_at(struct test_peer *peer, const char *flags, uint32_t seq, uint32_t ack,
			 uint32_t length, const char *file, int line);
void test_peer_expect_nothing_at(struct test_peer *peer, const char *file, int line);
#define test_peer_expect(peer, flags, seq, ack, length) \
	test_peer_expect_at(peer, flags, seq, ack, length, __FILE__, __LINE__)
#define test_peer_expect_nothing(peer) test_peer_expect_nothing_at(peer, __FILE__, __LINE__)

// Time passes; what the host sends meanwhile waits in it until taken.
void test_peer_wait(struct test_peer *peer, uint64_t duration_ns);

// A listener on TEST_PORT.
berth_socket test_peer_listen(struct test_peer *peer, int backlog);
berth_socket test_peer_accept(struct test_peer *peer, berth_socket listener); // 0: none
// SYN, SYN,ACK, ACK from the peer to TEST_PORT, without options but MSS 1460; accepted.
berth_socket test_peer_connected(struct test_peer *peer);
// The same with timestamps (the peer's clock begins at 100), SACK and window scale 7.
berth_socket test_peer_connected_modern(struct test_peer *peer);
// A socket of the host whose connect is under way; its SYN has been taken.
berth_socket test_peer_connecting(struct test_peer *peer);

enum berth_tcp_state test_peer_state(struct test_peer *peer, berth_socket socket);
void test_assert_state_at(struct test_peer *peer, berth_socket socket,
			  enum berth_tcp_state expected, const char *file, int line);
#define test_assert_state(peer, socket, expected) \
	test_assert_state_at(peer, socket, expected, __FILE__, __LINE__)
int test_peer_error(struct test_peer *peer, berth_socket socket); // SO_ERROR
void test_peer_set_int(struct test_peer *peer, berth_socket socket, int level, int name, int value);
void test_peer_send(struct test_peer *peer, berth_socket socket, uint32_t length);
// Read so many bytes (they must be there, and right: the first has this number).
void test_peer_read(struct test_peer *peer, berth_socket socket, uint32_t first, uint32_t length);
void test_peer_shutdown(struct test_peer *peer, berth_socket socket, enum berth_shutdown how);
void test_peer_let_go(struct test_peer *peer, berth_socket socket); // close
struct berth_counters test_peer_counters(const struct test_peer *peer);
#endif
