// SPDX-License-Identifier: MIT
//
// How do frames get out of a capture file?
//
// pcapng is a chain of blocks, each with its length at both ends. A block is read whole into one
// buffer, within BLOCK_BYTES_MAX; after that every length inside it is checked against it. Blocks
// of unknown kinds are skipped. A section header begins anew: byte order, interfaces. Classic pcap
// has one file header and a small head for each frame; it is read as a section with one interface.
//
// Whatever cannot be right ends the reading with a sentence: after a wrong length there is no
// telling where the next block begins.
#include "pcapng_reader.h"

#include <stdlib.h>
#include <string.h>

#include "pcapng_format.h"

#define BLOCK_BYTES_MAX (16u << 20)
#define BLOCK_BYTES_MIN 12u
#define BLOCK_STEP_BYTES (64u << 10) // a length may lie: the buffer grows with what really comes
#define INTERFACES_MAX 256u
#define NAME_BYTES_MAX 64u
#define NS_PER_SECOND UINT64_C(1000000000)

#define CLASSIC_MAGIC_US 0xa1b2c3d4u
#define CLASSIC_MAGIC_NS 0xa1b23c4du
#define CLASSIC_HEADER_BYTES 24u
#define CLASSIC_RECORD_BYTES 16u
#define CLASSIC_LINK_AT 20u

struct interface {
	uint16_t link_type;
	uint32_t snapshot_bytes; // 0: no limit
	uint8_t resolution;      // as in if_tsresol
	int64_t offset_s;
	char name[NAME_BYTES_MAX];
};

struct pcapng_reader {
	FILE *file;
	const char *error;
	bool is_begun, is_ended, is_classic;
	bool is_swapped; // the section has the other byte order
	uint32_t held;   // bytes of what comes next that are in the block already
	uint8_t *block;
	uint32_t block_capacity;
	uint32_t interface_count;
	struct interface interfaces[INTERFACES_MAX];
	char comment[PCAPNG_COMMENT_BYTES_MAX + 1];
};

struct pcapng_reader *pcapng_reader_new(FILE *file)
{
	struct pcapng_reader *reader = calloc(1, sizeof(*reader));

	if (reader)
		reader->file = file;
	return reader;
}

void pcapng_reader_free(struct pcapng_reader *reader)
{
	if (!reader)
		return;
	free(reader->block);
	free(reader);
}

const char *pcapng_reader_error(const struct pcapng_reader *reader)
{
	return reader->error;
}

static bool fail(struct pcapng_reader *reader, const char *why)
{
	reader->error = why;
	reader->is_ended = true;
	return false;
}

static uint32_t load_u32(const struct pcapng_reader *reader, const uint8_t *from)
{
	uint32_t raw;

	memcpy(&raw, from, sizeof(raw));
	return reader->is_swapped ? __builtin_bswap32(raw) : raw;
}

static uint16_t load_u16(const struct pcapng_reader *reader, const uint8_t *from)
{
	uint16_t raw;

	memcpy(&raw, from, sizeof(raw));
	return reader->is_swapped ? __builtin_bswap16(raw) : raw;
}

static uint64_t load_u64(const struct pcapng_reader *reader, const uint8_t *from)
{
	uint64_t raw;

	memcpy(&raw, from, sizeof(raw));
	return reader->is_swapped ? __builtin_bswap64(raw) : raw;
}

// Read on until the block buffer holds length bytes. have are in it already.
static bool fill_block(struct pcapng_reader *reader, uint32_t have, uint32_t length)
{
	while (have < length) {
		uint32_t step = length - have < BLOCK_STEP_BYTES ? length - have : BLOCK_STEP_BYTES;

		if (have + step > reader->block_capacity) {
			uint32_t capacity = (have + step) * 2;
			uint8_t *grown = realloc(reader->block, capacity);

			if (!grown)
				return fail(reader, "no memory for a block of the capture");
			reader->block = grown;
			reader->block_capacity = capacity;
		}
		if (fread(reader->block + have, 1, step, reader->file) != step)
			return fail(reader, ferror(reader->file)
						    ? "the capture cannot be read on"
						    : "the capture ends within a block");
		have += step;
	}
	return true;
}

// The first bytes of what comes next. false: there is nothing more (no error), or it is cut short.
static bool fill_start(struct pcapng_reader *reader, uint32_t length)
{
	uint32_t held = reader->held;
	int first;

	reader->held = 0;
	if (held > 0)
		return fill_block(reader, held, length);
	first = getc(reader->file);
	if (first == EOF) {
		if (ferror(reader->file))
			return fail(reader, "the capture cannot be read on");
		reader->is_ended = true;
		return false;
	}
	if (reader->block_capacity == 0) {
		reader->block = malloc(BLOCK_STEP_BYTES);
		if (!reader->block)
			return fail(reader, "no memory for a block of the capture");
		reader->block_capacity = BLOCK_STEP_BYTES;
	}
	reader->block[0] = (uint8_t)first;
	return fill_block(reader, 1, length);
}

// Walk a list of options. false: no more, or it is broken.
static bool next_option(const struct pcapng_reader *reader, const uint8_t **at, uint32_t *left,
			uint16_t *ret_code, const uint8_t **ret_value, uint16_t *ret_length)
{
	uint32_t padded;

	if (*left < 4)
		return false;
	*ret_code = load_u16(reader, *at);
	*ret_length = load_u16(reader, *at + 2);
	padded = (*ret_length + 3u) & ~3u;
	if (*ret_code == PCAPNG_OPTION_END || padded > *left - 4)
		return false;
	*ret_value = *at + 4;
	*at += 4 + padded;
	*left -= 4 + padded;
	return true;
}

static void copy_text(char *to, size_t size, const uint8_t *from, uint16_t length)
{
	size_t copied = length < size - 1 ? length : size - 1;

	memcpy(to, from, copied);
	to[copied] = '\0';
}

static bool read_interface(struct pcapng_reader *reader, uint32_t length)
{
	const uint8_t *at = reader->block + 16, *value;
	struct interface *interface;
	uint16_t code, value_length;
	uint32_t left;

	if (length < 20)
		return fail(reader, "an interface description is too short");
	left = length - 20;
	if (reader->interface_count == INTERFACES_MAX)
		return fail(reader, "the capture has more than 256 interfaces");
	interface = &reader->interfaces[reader->interface_count++];
	memset(interface, 0, sizeof(*interface));
	interface->link_type = load_u16(reader, reader->block + 8);
	interface->snapshot_bytes = load_u32(reader, reader->block + 12);
	interface->resolution = 6; // microseconds when nothing is said
	while (next_option(reader, &at, &left, &code, &value, &value_length)) {
		if (code == PCAPNG_OPTION_IF_NAME)
			copy_text(interface->name, sizeof(interface->name), value, value_length);
		else if (code == PCAPNG_OPTION_IF_TSRESOL && value_length >= 1)
			interface->resolution = value[0];
		else if (code == PCAPNG_OPTION_IF_TSOFFSET && value_length >= 8)
			interface->offset_s = (int64_t)load_u64(reader, value);
	}
	return true;
}

// Ticks of the interface's clock as nanoseconds. Instants no clock ever showed come out as
// nonsense, but come out.
static uint64_t instant_ns(const struct interface *interface, uint64_t ticks)
{
	unsigned exponent = interface->resolution & 0x7f;
	uint64_t ns = ticks;

	if (interface->resolution & 0x80) {
		unsigned __int128 wide = (unsigned __int128)ticks * NS_PER_SECOND;

		ns = exponent < 128 ? (uint64_t)(wide >> exponent) : 0;
	} else {
		for (; exponent < 9; exponent++)
			ns *= 10;
		for (; exponent > 9 && ns > 0; exponent--)
			ns /= 10;
	}
	return ns + (uint64_t)interface->offset_s * NS_PER_SECOND;
}

static void describe(const struct pcapng_reader *reader, uint32_t number,
		     struct pcapng_frame *ret_frame)
{
	const struct interface *interface = &reader->interfaces[number];

	ret_frame->interface = number;
	ret_frame->link_type = interface->link_type;
	ret_frame->interface_name = interface->name;
	ret_frame->comment = reader->comment;
}

static bool read_enhanced_packet(struct pcapng_reader *reader, uint32_t length,
				 struct pcapng_frame *ret_frame)
{
	const uint8_t *block = reader->block, *at, *value;
	uint32_t interface, captured, padded, left;
	uint16_t code, value_length;
	uint64_t ticks;

	if (length < 32)
		return fail(reader, "a packet block is too short");
	interface = load_u32(reader, block + 8);
	ticks = (uint64_t)load_u32(reader, block + 12) << 32 | load_u32(reader, block + 16);
	captured = load_u32(reader, block + 20);
	if (interface >= reader->interface_count)
		return fail(reader, "a packet names an interface that was not described");
	if (captured > length - 32)
		return fail(reader, "a packet is longer than its block");
	padded = (captured + 3) & ~3u;
	describe(reader, interface, ret_frame);
	ret_frame->bytes = block + 28;
	ret_frame->captured_bytes = captured;
	ret_frame->original_bytes = load_u32(reader, block + 24);
	ret_frame->at_ns = instant_ns(&reader->interfaces[interface], ticks);
	at = block + 28 + padded;
	left = length - 32 - padded; // both are multiples of four
	while (next_option(reader, &at, &left, &code, &value, &value_length)) {
		if (code == PCAPNG_OPTION_COMMENT && !reader->comment[0])
			copy_text(reader->comment, sizeof(reader->comment), value, value_length);
		else if (code == PCAPNG_OPTION_EPB_FLAGS && value_length >= 4)
			ret_frame->direction = load_u32(reader, value) & PCAPNG_FLAGS_DIRECTION;
	}
	if (ret_frame->direction > PCAPNG_DIRECTION_OUT)
		ret_frame->direction = PCAPNG_DIRECTION_UNKNOWN;
	return true;
}

static bool read_simple_packet(struct pcapng_reader *reader, uint32_t length,
			       struct pcapng_frame *ret_frame)
{
	uint32_t captured, snapshot;

	if (length < 16)
		return fail(reader, "a packet block is too short");
	if (reader->interface_count == 0)
		return fail(reader, "a packet names an interface that was not described");
	describe(reader, 0, ret_frame);
	ret_frame->original_bytes = load_u32(reader, reader->block + 8);
	captured = ret_frame->original_bytes;
	snapshot = reader->interfaces[0].snapshot_bytes;
	if (snapshot > 0 && captured > snapshot)
		captured = snapshot;
	if (captured > length - 16)
		return fail(reader, "a packet is longer than its block");
	ret_frame->bytes = reader->block + 12;
	ret_frame->captured_bytes = captured;
	return true;
}

static bool begin_section(struct pcapng_reader *reader)
{
	uint32_t magic;

	memcpy(&magic, reader->block + 8, sizeof(magic));
	if (magic != PCAPNG_MAGIC && magic != __builtin_bswap32(PCAPNG_MAGIC))
		return fail(reader, "a section of the capture has no valid byte order");
	reader->is_swapped = magic != PCAPNG_MAGIC;
	reader->interface_count = 0;
	return true;
}

// The next block whole. Returns its length, 0: no more.
static uint32_t read_block(struct pcapng_reader *reader, uint32_t *ret_type)
{
	uint32_t length;

	if (!fill_start(reader, BLOCK_BYTES_MIN))
		return 0;
	*ret_type = load_u32(reader, reader->block);
	if (*ret_type == PCAPNG_BLOCK_SECTION && !begin_section(reader))
		return 0;
	length = load_u32(reader, reader->block + 4);
	if (length < BLOCK_BYTES_MIN || length % 4 != 0 || length > BLOCK_BYTES_MAX ||
	    (*ret_type == PCAPNG_BLOCK_SECTION && length < 28)) {
		fail(reader, "a block of the capture has an impossible length");
		return 0;
	}
	if (!fill_block(reader, BLOCK_BYTES_MIN, length))
		return 0;
	if (load_u32(reader, reader->block + length - 4) != length) {
		fail(reader, "the two lengths of a block of the capture differ");
		return 0;
	}
	return length;
}

static bool next_of_pcapng(struct pcapng_reader *reader, struct pcapng_frame *ret_frame)
{
	uint32_t length, type;

	while ((length = read_block(reader, &type)) > 0) {
		switch (type) {
		case PCAPNG_BLOCK_INTERFACE:
			if (!read_interface(reader, length))
				return false;
			break;
		case PCAPNG_BLOCK_ENHANCED_PACKET:
			return read_enhanced_packet(reader, length, ret_frame);
		case PCAPNG_BLOCK_SIMPLE_PACKET:
			return read_simple_packet(reader, length, ret_frame);
		default:
			break; // nothing about packets
		}
	}
	return false;
}

static bool next_of_classic(struct pcapng_reader *reader, struct pcapng_frame *ret_frame)
{
	uint32_t captured, ticks_per_second, fraction;
	uint64_t seconds;

	if (!fill_start(reader, CLASSIC_RECORD_BYTES))
		return false;
	ticks_per_second = reader->interfaces[0].resolution == 9 ? 1000000000 : 1000000;
	seconds = load_u32(reader, reader->block);
	fraction = load_u32(reader, reader->block + 4);
	captured = load_u32(reader, reader->block + 8);
	if (captured > BLOCK_BYTES_MAX)
		return fail(reader, "a packet of the capture has an impossible length");
	if (!fill_block(reader, CLASSIC_RECORD_BYTES, CLASSIC_RECORD_BYTES + captured))
		return false;
	describe(reader, 0, ret_frame);
	ret_frame->bytes = reader->block + CLASSIC_RECORD_BYTES;
	ret_frame->captured_bytes = captured;
	ret_frame->original_bytes = load_u32(reader, reader->block + 12);
	ret_frame->at_ns = seconds * NS_PER_SECOND + fraction * (NS_PER_SECOND / ticks_per_second);
	return true;
}

static bool begin_classic(struct pcapng_reader *reader, bool is_swapped, uint8_t resolution)
{
	reader->is_classic = true;
	reader->is_swapped = is_swapped;
	if (!fill_block(reader, 4, CLASSIC_HEADER_BYTES))
		return false;
	reader->interface_count = 1;
	reader->interfaces[0].resolution = resolution;
	// The upper bits tell about frame check sequences.
	reader->interfaces[0].link_type =
		(uint16_t)load_u32(reader, reader->block + CLASSIC_LINK_AT);
	return true;
}

// What kind of file is it? The first four bytes tell.
static bool begin(struct pcapng_reader *reader)
{
	uint32_t magic;

	reader->is_begun = true;
	if (!fill_start(reader, 4))
		return false;
	memcpy(&magic, reader->block, sizeof(magic));
	switch (magic) {
	case CLASSIC_MAGIC_US:
		return begin_classic(reader, false, 6);
	case CLASSIC_MAGIC_NS:
		return begin_classic(reader, false, 9);
	case __builtin_bswap32(CLASSIC_MAGIC_US):
		return begin_classic(reader, true, 6);
	case __builtin_bswap32(CLASSIC_MAGIC_NS):
		return begin_classic(reader, true, 9);
	case PCAPNG_BLOCK_SECTION:
		reader->held = 4;
		return true;
	default:
		return fail(reader, "this is neither a pcapng nor a pcap file");
	}
}

bool pcapng_reader_next(struct pcapng_reader *reader, struct pcapng_frame *ret_frame)
{
	if (!reader->is_ended && !reader->is_begun && !begin(reader))
		return false;
	if (reader->is_ended)
		return false;
	reader->comment[0] = '\0';
	memset(ret_frame, 0, sizeof(*ret_frame));
	return reader->is_classic ? next_of_classic(reader, ret_frame)
				  : next_of_pcapng(reader, ret_frame);
}

bool pcapng_frame_to_berth(const struct pcapng_frame *frame, struct berth_frame *ret_frame)
{
	if (frame->link_type != PCAPNG_LINK_ETHERNET ||
	    frame->captured_bytes > BERTH_FRAME_BYTES_MAX)
		return false;
	memset(ret_frame, 0, sizeof(*ret_frame));
	ret_frame->slice[0].data = frame->bytes;
	ret_frame->slice[0].length = frame->captured_bytes;
	ret_frame->slice_count = 1;
	ret_frame->checksum = BERTH_CHECKSUM_VALID;
	ret_frame->length = frame->captured_bytes;
	if (frame->original_bytes > ret_frame->length)
		ret_frame->length = frame->original_bytes;
	return true;
}
