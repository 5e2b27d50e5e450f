// SPDX-License-Identifier: MIT
//
// UDP headers: from which program to which, how long?
#include "wire_udp.h"

#include <string.h>

#include "../base/bytes.h"

bool udp_parse(const uint8_t *data, size_t headers_length, size_t datagram_length,
	       struct udp_header *ret_header)
{
	struct udp_header header;

	if (headers_length < UDP_HEADER_BYTES)
		return false;
	header.source_port = load_be16(data);
	header.target_port = load_be16(data + 2);
	header.length = load_be16(data + 4);
	memcpy(&header.checksum, data + UDP_CHECKSUM_OFFSET, sizeof(header.checksum));
	if (header.length < UDP_HEADER_BYTES || header.length > datagram_length)
		return false;
	*ret_header = header;
	return true;
}

void udp_emit(const struct udp_header *header, uint8_t *to)
{
	store_be16(to, header->source_port);
	store_be16(to + 2, header->target_port);
	store_be16(to + 4, header->length);
	memcpy(to + UDP_CHECKSUM_OFFSET, &header->checksum, sizeof(header->checksum));
}
