// SPDX-License-Identifier: MIT
//
// Reading and writing network order, with bounds in one place and an error that sticks: read all
// fields first, ask `short_read` once.
//
// Never put reads in an initialiser list: C leaves their order open.
#ifndef BERTH_BASE_BYTES_H
#define BERTH_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Shifts, so that they hold on any machine; compilers make one instruction of each.
static inline uint16_t load_be16(const void *from)
{
	const uint8_t *at = (const uint8_t *)from;

	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t load_be32(const void *from)
{
	const uint8_t *at = (const uint8_t *)from;

	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void store_be16(void *to, uint16_t value)
{
	uint8_t *at = (uint8_t *)to;

	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void store_be32(void *to, uint32_t value)
{
	uint8_t *at = (uint8_t *)to;

	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
}

struct byte_reader {
	const uint8_t *at;
	size_t left;
	bool short_read; // somebody wanted more than there was; they got zeros
};

static inline struct byte_reader byte_reader_of(const void *data, size_t length)
{
	struct byte_reader reader = {(const uint8_t *)data, length, false};

	return reader;
}

// The next length bytes, or NULL.
static inline const uint8_t *read_bytes(struct byte_reader *reader, size_t length)
{
	const uint8_t *at = reader->at;

	if (length > reader->left) {
		reader->short_read = true;
		return NULL;
	}
	reader->at += length;
	reader->left -= length;
	return at;
}

static inline uint8_t read_u8(struct byte_reader *reader)
{
	const uint8_t *at = read_bytes(reader, 1);

	return at ? *at : 0;
}

static inline uint16_t read_be16(struct byte_reader *reader)
{
	const uint8_t *at = read_bytes(reader, 2);

	return at ? load_be16(at) : 0;
}

static inline uint32_t read_be32(struct byte_reader *reader)
{
	const uint8_t *at = read_bytes(reader, 4);

	return at ? load_be32(at) : 0;
}

#endif
