// SPDX-License-Identifier: MIT
//
// Frames for the fuzzers of whole hosts: built with right lengths and checksums around foreign
// bytes, and those that a host sends held against what every frame must be. No code of the library.
#ifndef BERTH_TEST_FUZZ_FUZZ_PACKETS_H
#define BERTH_TEST_FUZZ_FUZZ_PACKETS_H

#include <berth/berth.h>

#define FUZZ_FRAME_BYTES_MAX (BERTH_FRAME_BYTES_MAX + 64u)

struct fuzz_frame {
	uint8_t bytes[FUZZ_FRAME_BYTES_MAX];
	uint32_t length;
};

// A TCP segment as seen by or meant for the other computer.
struct fuzz_segment {
	bool is_ipv6;
	uint16_t source_port, target_port, window;
	uint32_t seq, ack;
	uint8_t flags;
	const uint8_t *options;
	uint8_t option_bytes; // a multiple of four, 40 at most
	const uint8_t *payload;
	uint32_t payload_bytes;
};

// The computers are 10.0.0.n and fd00::n with MAC 02:00:00:00:00:0n; from and to are n.
void fuzz_build_packet(struct fuzz_frame *frame, uint8_t from, uint8_t to, bool is_ipv6,
		       uint8_t protocol, const uint8_t *payload, uint32_t length);
void fuzz_build_segment(struct fuzz_frame *frame, uint8_t from, uint8_t to,
			const struct fuzz_segment *segment);
// An ICMP error of that type, code and MTU (or pointer) about a packet that `to` sent.
void fuzz_build_error(struct fuzz_frame *frame, uint8_t from, uint8_t to, uint8_t type,
		      uint8_t code, uint32_t number, const struct fuzz_frame *quoted);
void fuzz_build_arp(struct fuzz_frame *frame, uint8_t from, uint8_t to, uint8_t operation);

// Copy a transmitted frame: its slices and facts must agree, its lengths and checksums be right.
void fuzz_take_frame(const struct berth_frame *sent, struct fuzz_frame *ret_frame);
// Is it a whole TCP segment? Payload and options point into frame.
bool fuzz_read_segment(const struct fuzz_frame *frame, struct fuzz_segment *ret_segment);

#endif
