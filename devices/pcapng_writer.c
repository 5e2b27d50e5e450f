// SPDX-License-Identifier: MIT
//
// How does a frame get into a capture file?
//
// A section header, then for each interface its description, then an enhanced packet block for each
// frame, all in this machine's byte order. The bytes of a frame go straight from its slices to the
// file; only the block's head and options are built here. The first failure sticks: what comes
// after it would be in a broken file.
#include "pcapng_writer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pcapng_format.h"
#include "pcapng_reader.h"

#define INTERFACE_NAME_BYTES_MAX 63u
#define OPTIONS_BYTES_MAX (PCAPNG_COMMENT_BYTES_MAX + 64u)
#define BLOCK_FRAME_BYTES 12u // type and both lengths

struct pcapng_writer {
	FILE *file;
	int error; // -errno of the first failure
	int interface_count;
	uint32_t *snapshot_bytes; // of each
};

// Options being built.
struct options {
	uint8_t bytes[OPTIONS_BYTES_MAX];
	uint32_t length;
};

static uint32_t padded(uint32_t length)
{
	return (length + 3) & ~3u;
}

static void put(struct pcapng_writer *writer, const void *data, size_t length)
{
	if (writer->error || length == 0 || fwrite(data, 1, length, writer->file) == length)
		return;
	writer->error = errno ? -errno : -EIO;
}

static void put_u32(struct pcapng_writer *writer, uint32_t value)
{
	put(writer, &value, sizeof(value));
}

static void put_padding(struct pcapng_writer *writer, uint32_t length)
{
	put(writer, "\0\0\0", padded(length) - length);
}

static void add_option(struct options *options, uint16_t code, const void *value, uint32_t length)
{
	uint16_t head[2] = {code, (uint16_t)length};

	memcpy(options->bytes + options->length, head, sizeof(head));
	options->length += (uint32_t)sizeof(head);
	memset(options->bytes + options->length, 0, padded(length));
	if (length > 0)
		memcpy(options->bytes + options->length, value, length);
	options->length += padded(length);
}

// Close the list, if there is one.
static void end_options(struct options *options)
{
	if (options->length > 0)
		add_option(options, PCAPNG_OPTION_END, NULL, 0);
}

// How many of the first bytes_max bytes of text make whole UTF-8 characters?
static uint32_t text_length(const char *text, uint32_t bytes_max)
{
	size_t length = strnlen(text, (size_t)bytes_max + 1);

	if (length <= bytes_max)
		return (uint32_t)length;
	length = bytes_max;
	while (length > 0 && ((uint8_t)text[length] & 0xc0) == 0x80)
		length--;
	return (uint32_t)length;
}

static void write_block(struct pcapng_writer *writer, uint32_t type, const void *body,
			uint32_t body_length, const struct options *options)
{
	uint32_t total = BLOCK_FRAME_BYTES + body_length + options->length;

	put_u32(writer, type);
	put_u32(writer, total);
	put(writer, body, body_length);
	put(writer, options->bytes, options->length);
	put_u32(writer, total);
}

static void write_section(struct pcapng_writer *writer)
{
	struct {
		uint32_t magic;
		uint16_t major, minor;
		int64_t section_length;
	} __attribute__((packed)) body = {PCAPNG_MAGIC, 1, 0, -1}; // -1: not known
	struct options options = {.length = 0};

	add_option(&options, PCAPNG_OPTION_SHB_APPLICATION, "berth", 5);
	end_options(&options);
	write_block(writer, PCAPNG_BLOCK_SECTION, &body, sizeof(body), &options);
}

struct pcapng_writer *pcapng_writer_new(FILE *file)
{
	struct pcapng_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return NULL;
	writer->file = file;
	write_section(writer);
	if (pcapng_writer_flush(writer) < 0) {
		errno = -writer->error;
		free(writer);
		return NULL;
	}
	return writer;
}

void pcapng_writer_free(struct pcapng_writer *writer)
{
	if (!writer)
		return;
	free(writer->snapshot_bytes);
	free(writer);
}

int pcapng_writer_add_interface(struct pcapng_writer *writer, const char *name,
				uint32_t snapshot_bytes)
{
	struct {
		uint16_t link_type, reserved;
		uint32_t snapshot_bytes;
	} body = {PCAPNG_LINK_ETHERNET, 0, snapshot_bytes};
	const uint8_t resolution = PCAPNG_TSRESOL_NS;
	struct options options = {.length = 0};
	uint32_t *grown;

	grown = realloc(writer->snapshot_bytes,
			((size_t)writer->interface_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	writer->snapshot_bytes = grown;
	add_option(&options, PCAPNG_OPTION_IF_NAME, name,
		   text_length(name, INTERFACE_NAME_BYTES_MAX));
	add_option(&options, PCAPNG_OPTION_IF_TSRESOL, &resolution, 1);
	end_options(&options);
	write_block(writer, PCAPNG_BLOCK_INTERFACE, &body, sizeof(body), &options);
	if (writer->error)
		return writer->error;
	writer->snapshot_bytes[writer->interface_count] = snapshot_bytes;
	return writer->interface_count++;
}

static void put_slices(struct pcapng_writer *writer, const struct berth_frame *frame,
		       uint32_t length)
{
	unsigned i;

	for (i = 0; i < frame->slice_count && length > 0; i++) {
		uint32_t part = frame->slice[i].length < length ? frame->slice[i].length : length;

		put(writer, frame->slice[i].data, part);
		length -= part;
	}
}

static void frame_options(enum pcapng_direction direction, const char *comment,
			  struct options *ret_options)
{
	const uint32_t flags = direction;

	ret_options->length = 0;
	if (comment && *comment)
		add_option(ret_options, PCAPNG_OPTION_COMMENT, comment,
			   text_length(comment, PCAPNG_COMMENT_BYTES_MAX));
	if (direction != PCAPNG_DIRECTION_UNKNOWN)
		add_option(ret_options, PCAPNG_OPTION_EPB_FLAGS, &flags, sizeof(flags));
	end_options(ret_options);
}

static bool is_sound(const struct berth_frame *frame)
{
	uint64_t length = 0;
	unsigned i;

	if (frame->slice_count > BERTH_FRAME_SLICES_MAX)
		return false;
	for (i = 0; i < frame->slice_count; i++)
		length += frame->slice[i].length;
	return length == frame->length && length <= BERTH_FRAME_BYTES_MAX;
}

int pcapng_writer_frame(struct pcapng_writer *writer, int interface,
			const struct berth_frame *frame, uint64_t at_ns,
			enum pcapng_direction direction, const char *comment)
{
	uint32_t captured = frame->length;
	struct options options;
	uint32_t head[7];

	if (interface < 0 || interface >= writer->interface_count || !is_sound(frame))
		return -EINVAL;
	if (writer->snapshot_bytes[interface] > 0 && captured > writer->snapshot_bytes[interface])
		captured = writer->snapshot_bytes[interface];
	frame_options(direction, comment, &options);
	head[0] = PCAPNG_BLOCK_ENHANCED_PACKET;
	head[1] = BLOCK_FRAME_BYTES + 20 + padded(captured) + options.length;
	head[2] = (uint32_t)interface;
	head[3] = (uint32_t)(at_ns >> 32);
	head[4] = (uint32_t)at_ns;
	head[5] = captured;
	head[6] = frame->length;
	put(writer, head, sizeof(head));
	put_slices(writer, frame, captured);
	put_padding(writer, captured);
	put(writer, options.bytes, options.length);
	put_u32(writer, head[1]);
	return writer->error;
}

int pcapng_writer_flush(struct pcapng_writer *writer)
{
	if (!writer->error && fflush(writer->file) != 0)
		writer->error = errno ? -errno : -EIO;
	return writer->error;
}
