// SPDX-License-Identifier: MIT
//
// How do addresses read, and which address does this text mean?
//
// IPv4 is four decimal numbers without leading zeros (which some would take for octal). IPv6 is
// read as RFC 4291 2.2 allows and printed as RFC 5952 asks: lower case, no leading zeros, :: for
// the longest run of two or more zero groups, dotted decimal where ::ffff:0:0/96 shows that an IPv4
// address is inside. A scope prints as %<number> and is not read back.
#include <berth/address.h>
#include <string.h>

#include "../base/bytes.h"
#include "../base/text.h"
#include "wire_address.h"

#define IPV6_GROUPS 8u

struct text_reader {
	const char *at;
};

static bool read_char(struct text_reader *reader, char expected)
{
	if (*reader->at != expected)
		return false;
	reader->at++;
	return true;
}

static bool is_decimal(char character)
{
	return character >= '0' && character <= '9';
}

// Up to `largest`, without leading zeros.
static bool read_decimal(struct text_reader *reader, unsigned largest, unsigned *ret_number)
{
	const char *const begin = reader->at;
	unsigned number = 0;

	for (; is_decimal(*reader->at); reader->at++) {
		number = number * 10 + (unsigned)(*reader->at - '0');
		if (number > largest)
			return false; // before it can overflow
	}
	if (reader->at == begin || (*begin == '0' && reader->at != begin + 1))
		return false;
	*ret_number = number;
	return true;
}

// -1: no hexadecimal digit.
static int hex_value(char character)
{
	if (is_decimal(character))
		return character - '0';
	if (character >= 'a' && character <= 'f')
		return character - 'a' + 10;
	if (character >= 'A' && character <= 'F')
		return character - 'A' + 10;
	return -1;
}

// digits_min to digits_max of them.
static bool read_hex(struct text_reader *reader, unsigned digits_min, unsigned digits_max,
		     unsigned *ret_number)
{
	unsigned number = 0, digits = 0;

	while (digits < digits_max && hex_value(*reader->at) >= 0) {
		number = number << 4 | (unsigned)hex_value(*reader->at);
		reader->at++;
		digits++;
	}
	if (digits < digits_min)
		return false;
	*ret_number = number;
	return true;
}

static bool read_ipv4(struct text_reader *reader, uint8_t bytes[4])
{
	unsigned index, number;

	for (index = 0; index < 4; index++) {
		if (index > 0 && !read_char(reader, '.'))
			return false;
		if (!read_decimal(reader, 255, &number))
			return false;
		bytes[index] = (uint8_t)number;
	}
	return true;
}

// One group, or an IPv4 address in place of the last two. groups: how many there are before it.
static bool read_group(struct text_reader *reader, uint8_t bytes[16], unsigned *groups)
{
	const struct text_reader begin = *reader;
	unsigned number;

	if (!read_hex(reader, 1, 4, &number))
		return false;
	if (*reader->at != '.') {
		store_be16(bytes + 2 * *groups, (uint16_t)number);
		*groups += 1;
		return true;
	}
	if (*groups > IPV6_GROUPS - 2)
		return false;
	*reader = begin;
	if (!read_ipv4(reader, bytes + 2 * *groups))
		return false;
	*groups += 2;
	return *reader->at != ':'; // nothing may follow it
}

// Groups from `first` on move to the end; zeros fill the gap.
static void open_gap(uint8_t bytes[16], unsigned first, unsigned groups)
{
	const unsigned missing = IPV6_GROUPS - groups;

	memmove(bytes + 2 * (first + missing), bytes + 2 * first, 2 * (groups - first));
	memset(bytes + 2 * first, 0, 2 * missing);
}

// Groups until the text is no more of them: eight, or fewer around one "::".
static bool read_ipv6(struct text_reader *reader, uint8_t bytes[16])
{
	unsigned groups = 0, gap = IPV6_GROUPS; // gap: groups before "::"

	if (reader->at[0] == ':' && reader->at[1] == ':') {
		reader->at += 2;
		gap = 0;
	}
	while (groups < IPV6_GROUPS) {
		if (gap == groups && hex_value(*reader->at) < 0)
			break; // "::" was the end
		if (!read_group(reader, bytes, &groups))
			return false;
		if (groups == IPV6_GROUPS || !read_char(reader, ':'))
			break;
		if (read_char(reader, ':')) {
			if (gap < IPV6_GROUPS)
				return false; // a second one
			gap = groups;
		}
	}
	if (gap == IPV6_GROUPS)
		return groups == IPV6_GROUPS;
	if (groups == IPV6_GROUPS)
		return false; // "::" stands for one group at least
	open_gap(bytes, gap, groups);
	return true;
}

static bool read_address(struct text_reader *reader, struct berth_address *ret_address)
{
	const struct text_reader begin = *reader;

	*ret_address = address_any(BERTH_FAMILY_IPV4);
	if (read_ipv4(reader, ret_address->byte))
		return true;
	*reader = begin;
	*ret_address = address_any(BERTH_FAMILY_IPV6);
	return read_ipv6(reader, ret_address->byte);
}

bool berth_address_equal(const struct berth_address *left, const struct berth_address *right)
{
	return left->family == right->family && left->scope == right->scope &&
	       memcmp(left->byte, right->byte, sizeof(left->byte)) == 0;
}

bool berth_address_is_any(const struct berth_address *address)
{
	static const uint8_t zeros[sizeof(address->byte)];

	return memcmp(address->byte, zeros, sizeof(zeros)) == 0;
}

bool berth_address_parse(const char *text, struct berth_address *ret_address)
{
	struct text_reader reader = {text};
	struct berth_address address;

	if (!read_address(&reader, &address) || *reader.at != '\0')
		return false;
	*ret_address = address;
	return true;
}

bool berth_prefix_parse(const char *text, struct berth_address *ret_address,
			uint8_t *ret_prefix_bits)
{
	struct text_reader reader = {text};
	struct berth_address address;
	unsigned bits;

	if (!read_address(&reader, &address))
		return false;
	bits = 8 * (unsigned)address_bytes(address.family);
	if (read_char(&reader, '/') && !read_decimal(&reader, bits, &bits))
		return false;
	if (*reader.at != '\0')
		return false;
	*ret_address = address;
	*ret_prefix_bits = (uint8_t)bits;
	return true;
}

bool berth_mac_parse(const char *text, struct berth_mac *ret_mac)
{
	struct text_reader reader = {text};
	struct berth_mac mac;
	unsigned index, number;

	for (index = 0; index < sizeof(mac.byte); index++) {
		if (index > 0 && !read_char(&reader, ':'))
			return false;
		if (!read_hex(&reader, 2, 2, &number))
			return false;
		mac.byte[index] = (uint8_t)number;
	}
	if (*reader.at != '\0')
		return false;
	*ret_mac = mac;
	return true;
}

const char *berth_mac_print(const struct berth_mac *mac, char *text, size_t size)
{
	struct text line;
	unsigned index;

	text_init(&line, text, size);
	for (index = 0; index < sizeof(mac->byte); index++) {
		if (index > 0)
			text_append_char(&line, ':');
		text_append_hex(&line, mac->byte[index], 2);
	}
	return text;
}

static void append_ipv4(struct text *line, const uint8_t bytes[4])
{
	unsigned index;

	for (index = 0; index < 4; index++) {
		if (index > 0)
			text_append_char(line, '.');
		text_append_u64(line, bytes[index]);
	}
}

static bool group_is_zero(const uint8_t bytes[16], unsigned group)
{
	return load_be16(bytes + 2 * group) == 0;
}

// The first of the longest runs of zero groups among groups 0..count-1; 0 unless two are beside
// each other (RFC 5952 4.2).
static unsigned longest_zero_run(const uint8_t bytes[16], unsigned count, unsigned *ret_first)
{
	unsigned first = 0, longest = 1, group = 0;

	while (group < count) {
		const unsigned begin = group;

		while (group < count && group_is_zero(bytes, group))
			group++;
		if (group - begin > longest) {
			longest = group - begin;
			first = begin;
		}
		group++;
	}
	*ret_first = first;
	return longest > 1 ? longest : 0;
}

static void append_groups(struct text *line, const uint8_t bytes[16])
{
	unsigned gap_first, group = 0;
	const unsigned gap = longest_zero_run(bytes, IPV6_GROUPS, &gap_first);

	while (group < IPV6_GROUPS) {
		if (gap > 0 && group == gap_first) {
			text_append(line, "::");
			group += gap;
			continue;
		}
		if (group > 0 && (gap == 0 || group != gap_first + gap))
			text_append_char(line, ':');
		text_append_hex(line, load_be16(bytes + 2 * group), 1);
		group++;
	}
}

static void append_address(struct text *line, const struct berth_address *address)
{
	if (address->family == BERTH_FAMILY_IPV4) {
		append_ipv4(line, address->byte);
	} else if (address_is_mapped(address)) { // RFC 5952 5
		text_append(line, "::ffff:");
		append_ipv4(line, address->byte + 12);
	} else if (address->family == BERTH_FAMILY_IPV6) {
		append_groups(line, address->byte);
	} else {
		text_append_char(line, '*');
	}
	if (address->scope != 0) { // RFC 4007 11
		text_append_char(line, '%');
		text_append_u64(line, address->scope);
	}
}

const char *berth_address_print(const struct berth_address *address, char *text, size_t size)
{
	struct text line;

	text_init(&line, text, size);
	append_address(&line, address);
	return text;
}

const char *berth_endpoint_print(const struct berth_endpoint *endpoint, char *text, size_t size)
{
	const struct berth_address *address = &endpoint->address;
	const bool has_colons = address->family == BERTH_FAMILY_IPV6;
	struct text line;

	text_init(&line, text, size);
	if (berth_address_is_any(address)) {
		text_append_char(&line, '*');
	} else {
		text_append(&line, has_colons ? "[" : "");
		append_address(&line, address);
		text_append(&line, has_colons ? "]" : "");
	}
	text_append_char(&line, ':');
	if (endpoint->port == 0)
		text_append_char(&line, '*');
	else
		text_append_u64(&line, endpoint->port);
	return text;
}
