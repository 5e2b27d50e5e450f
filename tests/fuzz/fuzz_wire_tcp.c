// SPDX-License-Identifier: MIT
//
// Any bytes as a TCP header: what is read, options and all, goes out and comes back the same.
#include "../../lib/base/assertion.h"
#include "../../lib/wire/wire_tcp.h"
#include "fuzz.h"

static void check_same_options(const struct tcp_options *left, const struct tcp_options *right)
{
	unsigned index;

	ASSERT(left->mss == right->mss);
	ASSERT(left->has_window_scale == right->has_window_scale);
	ASSERT(left->window_scale == right->window_scale);
	ASSERT(left->sack_permitted == right->sack_permitted);
	ASSERT(left->has_timestamps == right->has_timestamps);
	ASSERT(left->timestamp_value == right->timestamp_value);
	ASSERT(left->timestamp_echo == right->timestamp_echo);
	ASSERT(left->sack_count == right->sack_count);
	for (index = 0; index < left->sack_count; index++) {
		ASSERT(left->sack[index].begin.raw == right->sack[index].begin.raw);
		ASSERT(left->sack[index].end.raw == right->sack[index].end.raw);
	}
}

static void check_same(const struct tcp_header *left, const struct tcp_header *right)
{
	ASSERT(left->source_port == right->source_port);
	ASSERT(left->target_port == right->target_port);
	ASSERT(left->sequence.raw == right->sequence.raw);
	ASSERT(left->acknowledgment.raw == right->acknowledgment.raw);
	ASSERT(left->flags == right->flags);
	ASSERT(left->window == right->window);
	ASSERT(left->urgent_pointer == right->urgent_pointer);
	check_same_options(&left->options, &right->options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tcp_header header, again;
	uint8_t bytes[TCP_HEADER_BYTES_MAX];

	if (!tcp_parse(data, size, &header))
		return 0;
	ASSERT(header.header_bytes <= size);
	ASSERT(header.options.sack_count <= TCP_SACK_BLOCKS_MAX);
	if (tcp_header_length(&header.options) > TCP_HEADER_BYTES_MAX)
		return 0; // packed tighter than we pad: nothing we would ever send
	ASSERT(tcp_parse(bytes, tcp_emit_header(&header, bytes), &again));
	check_same(&again, &header);
	return 0;
}
