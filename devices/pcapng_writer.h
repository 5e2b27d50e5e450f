// SPDX-License-Identifier: MIT
//
// Writing captures: pcapng, with a name for each interface and a sentence for each frame, as
// Wireshark and tshark read it.
#ifndef BERTH_DEVICES_PCAPNG_WRITER_H
#define BERTH_DEVICES_PCAPNG_WRITER_H

#include <berth/frame.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PCAPNG_COMMENT_BYTES_MAX 1024 // longer ones are cut

enum pcapng_direction {
	PCAPNG_DIRECTION_UNKNOWN = 0,
	PCAPNG_DIRECTION_IN,
	PCAPNG_DIRECTION_OUT,
};

struct pcapng_writer;

// Write to file (which stays the caller's and is not closed here). The section header goes out at
// once. NULL: no memory, or the file cannot be written; errno says which.
struct pcapng_writer *pcapng_writer_new(FILE *file);
void pcapng_writer_free(struct pcapng_writer *writer); // NULL is legal; does not flush

// Add an Ethernet interface; its number, from 0, or a negative errno. snapshot_bytes: keep so much
// of each frame; 0: all of it. Interfaces may be added at any time before their first frame.
int pcapng_writer_add_interface(struct pcapng_writer *writer, const char *name,
				uint32_t snapshot_bytes);

// Write one frame as it is: superframes whole, partial checksums not completed. at_ns counts from
// the epoch of the wall clock. comment: UTF-8, may be NULL. 0 or a negative errno (-EINVAL: no such
// interface; what writing the file said otherwise).
int pcapng_writer_frame(struct pcapng_writer *writer, int interface,
			const struct berth_frame *frame, uint64_t at_ns,
			enum pcapng_direction direction, const char *comment);

// Everything written so far to the file. 0 or a negative errno.
int pcapng_writer_flush(struct pcapng_writer *writer);

#endif
