// SPDX-License-Identifier: MIT
//
// TCP headers and options (RFC 9293 3.1, 3.2; RFC 7323; RFC 2018).
#ifndef BERTH_WIRE_TCP_H
#define BERTH_WIRE_TCP_H

#include <berth/address.h>

#define TCP_HEADER_BYTES 20u
#define TCP_OPTIONS_BYTES_MAX 40u
#define TCP_HEADER_BYTES_MAX 60u
#define TCP_CHECKSUM_OFFSET 16u
#define TCP_SACK_BLOCKS_MAX 4u

#define TCP_FLAG_FIN 0x01u
#define TCP_FLAG_SYN 0x02u
#define TCP_FLAG_RST 0x04u
#define TCP_FLAG_PSH 0x08u
#define TCP_FLAG_ACK 0x10u
#define TCP_FLAG_URG 0x20u
#define TCP_FLAG_ECE 0x40u
#define TCP_FLAG_CWR 0x80u

// A sequence number. A struct, so that < between two of them does not compile.
typedef struct {
	uint32_t raw;
} tcp_seq;

struct tcp_sack_block {
	tcp_seq begin, end;
};

struct tcp_options {
	uint16_t mss; // 0: absent
	uint8_t window_scale;
	bool has_window_scale, sack_permitted, has_timestamps;
	uint8_t sack_count;
	uint32_t timestamp_value, timestamp_echo;
	struct tcp_sack_block sack[TCP_SACK_BLOCKS_MAX];
};

struct tcp_header {
	uint16_t source_port, target_port;
	tcp_seq sequence, acknowledgment;
	uint8_t header_bytes;
	uint8_t flags; // TCP_FLAG_*
	uint16_t window;
	uint16_t urgent_pointer;
	struct tcp_options options;
};

// headers_length: contiguous bytes at data. false: truncated, data offset or option lengths
// impossible (an option with length 0 or 1, or running past the header). Unknown options are
// skipped.
bool tcp_parse(const uint8_t *data, size_t headers_length, struct tcp_header *ret_header);

// How long will the header be? (Options in the order: MSS, SACK-permitted, timestamps, NOP, window
// scale on a SYN; NOP NOP timestamps, NOP NOP SACK otherwise: what Linux sends.)
size_t tcp_header_length(const struct tcp_options *options);
// Writes tcp_header_length bytes (header_bytes is ignored); checksum 0. Returns how many.
size_t tcp_emit_header(const struct tcp_header *header, uint8_t *to);

#endif
