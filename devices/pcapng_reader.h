// SPDX-License-Identifier: MIT
//
// Reading captures: pcapng in both byte orders, and classic pcap, which tcpdump still writes.
// Nothing a file says is believed before it was checked.
#ifndef BERTH_DEVICES_PCAPNG_READER_H
#define BERTH_DEVICES_PCAPNG_READER_H

#include <berth/frame.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "pcapng_writer.h"

#define PCAPNG_LINK_ETHERNET 1

struct pcapng_reader;

// One frame of the file. Pointers are valid until the next call.
struct pcapng_frame {
	const uint8_t *bytes;
	uint32_t captured_bytes;
	uint32_t original_bytes;    // on the wire; more than captured when it was cut
	uint64_t at_ns;             // of the wall clock; 0 when the file does not tell
	uint16_t link_type;         // PCAPNG_LINK_*, of its interface
	uint32_t interface;         // number within its section
	const char *interface_name; // "" when it has none
	const char *comment;        // "" when it has none
	enum pcapng_direction direction;
};

// Read from file (which stays the caller's). NULL: no memory.
struct pcapng_reader *pcapng_reader_new(FILE *file);
void pcapng_reader_free(struct pcapng_reader *reader); // NULL is legal

// The next frame. false at the end of the file and when it cannot be read on; pcapng_reader_error
// then tells which: NULL at a proper end, else a sentence.
bool pcapng_reader_next(struct pcapng_reader *reader, struct pcapng_frame *ret_frame);
const char *pcapng_reader_error(const struct pcapng_reader *reader);

// The frame in the form berth_trace_feed takes. Checksums in a capture may have been left to a
// network card, so they are marked as not to be verified. false: not Ethernet or too long.
bool pcapng_frame_to_berth(const struct pcapng_frame *frame, struct berth_frame *ret_frame);

#endif
