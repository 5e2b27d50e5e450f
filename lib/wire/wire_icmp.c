// SPDX-License-Identifier: MIT
//
// ICMP and ICMPv6: what is reported or asked, by type and code?
#include "wire_icmp.h"

#include <string.h>

#include "../base/bytes.h"

bool icmp_parse(const uint8_t *data, size_t length, struct icmp_header *ret_header)
{
	if (length < ICMP_HEADER_BYTES)
		return false;
	ret_header->type = data[0];
	ret_header->code = data[1];
	memcpy(&ret_header->checksum, data + 2, sizeof(ret_header->checksum));
	ret_header->rest = load_be32(data + 4);
	return true;
}

void icmp_emit(const struct icmp_header *header, uint8_t *to)
{
	to[0] = header->type;
	to[1] = header->code;
	store_be16(to + 2, 0);
	store_be32(to + 4, header->rest);
}
