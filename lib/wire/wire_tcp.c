// SPDX-License-Identifier: MIT
//
// TCP headers: which bytes of which connection, and with what flags and options?
//
// Parsing takes what any stack may send; emitting pads options so that each group begins at a
// multiple of four bytes, as Linux does. An option of a length its kind cannot have is passed over
// like an unknown one: its frame is still sound (RFC 9293 3.2).
// Not here: the checksum, which needs the addresses (wire_checksum.h).
#include "wire_tcp.h"

#include <string.h>

#include "../base/assertion.h"
#include "../base/bytes.h"
#include "../base/numbers.h"

#define OPTION_END 0u
#define OPTION_NOP 1u
#define OPTION_MSS 2u
#define OPTION_WINDOW_SCALE 3u
#define OPTION_SACK_PERMITTED 4u
#define OPTION_SACK 5u
#define OPTION_TIMESTAMPS 8u

#define OPTION_HEADER_BYTES 2u // kind and length
#define OPTION_MSS_BYTES 4u
#define OPTION_WINDOW_SCALE_BYTES 3u
#define OPTION_SACK_PERMITTED_BYTES 2u
#define OPTION_TIMESTAMPS_BYTES 10u
#define SACK_BLOCK_BYTES 8u

#define WINDOW_SCALE_LARGEST 14u // RFC 7323 2.3

static void read_sack_blocks(struct byte_reader *option, struct tcp_options *options)
{
	const size_t count = option->left / SACK_BLOCK_BYTES;
	size_t index;

	if (count == 0 || count > TCP_SACK_BLOCKS_MAX || option->left % SACK_BLOCK_BYTES != 0)
		return;
	options->sack_count = (uint8_t)count;
	for (index = 0; index < count; index++) {
		options->sack[index].begin.raw = read_be32(option);
		options->sack[index].end.raw = read_be32(option);
	}
}

// option: what stands behind kind and length.
static void read_option(uint8_t kind, struct byte_reader *option, struct tcp_options *options)
{
	const size_t length = OPTION_HEADER_BYTES + option->left;

	switch (kind) {
	case OPTION_MSS:
		if (length == OPTION_MSS_BYTES)
			options->mss = read_be16(option);
		break;
	case OPTION_WINDOW_SCALE:
		if (length != OPTION_WINDOW_SCALE_BYTES)
			break;
		options->has_window_scale = true;
		options->window_scale = (uint8_t)min_u32(read_u8(option), WINDOW_SCALE_LARGEST);
		break;
	case OPTION_SACK_PERMITTED:
		if (length == OPTION_SACK_PERMITTED_BYTES)
			options->sack_permitted = true;
		break;
	case OPTION_SACK:
		read_sack_blocks(option, options);
		break;
	case OPTION_TIMESTAMPS:
		if (length != OPTION_TIMESTAMPS_BYTES)
			break;
		options->has_timestamps = true;
		options->timestamp_value = read_be32(option);
		options->timestamp_echo = read_be32(option);
		break;
	default:
		break;
	}
}

static bool read_options(struct byte_reader *reader, struct tcp_options *options)
{
	memset(options, 0, sizeof(*options));
	while (reader->left > 0) {
		const uint8_t kind = read_u8(reader);
		struct byte_reader option;
		uint8_t length;

		if (kind == OPTION_END)
			return true;
		if (kind == OPTION_NOP)
			continue;
		length = read_u8(reader);
		if (reader->short_read || length < OPTION_HEADER_BYTES)
			return false;
		option = byte_reader_of(reader->at, length - OPTION_HEADER_BYTES);
		if (!read_bytes(reader, length - OPTION_HEADER_BYTES))
			return false;
		read_option(kind, &option, options);
	}
	return true;
}

bool tcp_parse(const uint8_t *data, size_t headers_length, struct tcp_header *ret_header)
{
	struct tcp_header header;
	struct byte_reader options;

	if (headers_length < TCP_HEADER_BYTES)
		return false;
	header.source_port = load_be16(data);
	header.target_port = load_be16(data + 2);
	header.sequence.raw = load_be32(data + 4);
	header.acknowledgment.raw = load_be32(data + 8);
	header.header_bytes = (uint8_t)((data[12] >> 4) * 4);
	header.flags = data[13];
	header.window = load_be16(data + 14);
	header.urgent_pointer = load_be16(data + 18);
	if (header.header_bytes < TCP_HEADER_BYTES || header.header_bytes > headers_length)
		return false;
	options = byte_reader_of(data + TCP_HEADER_BYTES, header.header_bytes - TCP_HEADER_BYTES);
	if (!read_options(&options, &header.options))
		return false;
	*ret_header = header;
	return true;
}

// Each group with its padding: see emit_options below, which must write just as much.
size_t tcp_header_length(const struct tcp_options *options)
{
	size_t length = TCP_HEADER_BYTES;

	if (options->mss != 0)
		length += OPTION_MSS_BYTES;
	if (options->has_timestamps)
		length += OPTION_HEADER_BYTES + OPTION_TIMESTAMPS_BYTES;
	else if (options->sack_permitted)
		length += OPTION_HEADER_BYTES + OPTION_SACK_PERMITTED_BYTES;
	if (options->has_window_scale)
		length += 1 + OPTION_WINDOW_SCALE_BYTES;
	if (options->sack_count > 0)
		length += 2 + OPTION_HEADER_BYTES + options->sack_count * SACK_BLOCK_BYTES;
	return length;
}

static uint8_t *emit_option_header(uint8_t *at, uint8_t kind, size_t length)
{
	*at++ = kind;
	*at++ = (uint8_t)length;
	return at;
}

static uint8_t *emit_nops(uint8_t *at, size_t count)
{
	memset(at, OPTION_NOP, count);
	return at + count;
}

// SACK-permitted takes the place of the two NOPs before timestamps.
static uint8_t *emit_sack_permitted(uint8_t *at, const struct tcp_options *options)
{
	if (!options->sack_permitted)
		return options->has_timestamps ? emit_nops(at, 2) : at;
	if (!options->has_timestamps)
		at = emit_nops(at, 2);
	return emit_option_header(at, OPTION_SACK_PERMITTED, OPTION_SACK_PERMITTED_BYTES);
}

static uint8_t *emit_sack_blocks(uint8_t *at, const struct tcp_options *options)
{
	unsigned index;

	at = emit_nops(at, 2);
	at = emit_option_header(at, OPTION_SACK,
				OPTION_HEADER_BYTES + options->sack_count * SACK_BLOCK_BYTES);
	for (index = 0; index < options->sack_count; index++) {
		store_be32(at, options->sack[index].begin.raw);
		store_be32(at + 4, options->sack[index].end.raw);
		at += SACK_BLOCK_BYTES;
	}
	return at;
}

static uint8_t *emit_options(const struct tcp_options *options, uint8_t *at)
{
	if (options->mss != 0) {
		at = emit_option_header(at, OPTION_MSS, OPTION_MSS_BYTES);
		store_be16(at, options->mss);
		at += 2;
	}
	at = emit_sack_permitted(at, options);
	if (options->has_timestamps) {
		at = emit_option_header(at, OPTION_TIMESTAMPS, OPTION_TIMESTAMPS_BYTES);
		store_be32(at, options->timestamp_value);
		store_be32(at + 4, options->timestamp_echo);
		at += 8;
	}
	if (options->has_window_scale) {
		at = emit_nops(at, 1);
		at = emit_option_header(at, OPTION_WINDOW_SCALE, OPTION_WINDOW_SCALE_BYTES);
		*at++ = options->window_scale;
	}
	if (options->sack_count > 0)
		at = emit_sack_blocks(at, options);
	return at;
}

size_t tcp_emit_header(const struct tcp_header *header, uint8_t *to)
{
	const size_t length = tcp_header_length(&header->options);

	ASSERT(header->options.sack_count <= TCP_SACK_BLOCKS_MAX);
	ASSERT(length <= TCP_HEADER_BYTES_MAX);
	store_be16(to, header->source_port);
	store_be16(to + 2, header->target_port);
	store_be32(to + 4, header->sequence.raw);
	store_be32(to + 8, header->acknowledgment.raw);
	to[12] = (uint8_t)(length / 4 << 4);
	to[13] = header->flags;
	store_be16(to + 14, header->window);
	store_be16(to + TCP_CHECKSUM_OFFSET, 0);
	store_be16(to + 18, header->urgent_pointer);
	ASSERT(emit_options(&header->options, to + TCP_HEADER_BYTES) == to + length);
	return length;
}
