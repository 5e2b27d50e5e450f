// SPDX-License-Identifier: MIT
//
// A frame: what crosses a cable, with what a device may leave for later or has already checked.
//
// The offload facts mirror those of a virtio-net header, so a 64 KiB superframe from a TAP is one
// frame through the whole host.
#ifndef BERTH_FRAME_H
#define BERTH_FRAME_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BERTH_FRAME_SLICES_MAX 4
#define BERTH_FRAME_BYTES_MAX 65550 // an Ethernet header and the longest IP packet, rounded up
#define BERTH_BURST_MAX 64          // frames a host takes or gives per call, at most

// A run of bytes somebody else owns.
struct berth_slice {
	const void *data;
	uint32_t length;
};

enum berth_frame_checksum {
	BERTH_CHECKSUM_UNKNOWN = 0, // received: must be verified. transmitted: complete
	BERTH_CHECKSUM_VALID,       // received: the cable vouches for it, do not sum again
	BERTH_CHECKSUM_PARTIAL,     // the field holds the pseudo-header sum; whoever needs it
				    // whole sums from checksum_start into checksum_offset.
				    // A receiver treats it as valid: the bytes never left memory
};

enum berth_frame_segmentation {
	BERTH_SEGMENTATION_NONE = 0,
	BERTH_SEGMENTATION_TCP4, // cut into TCP segments of segment_bytes payload each
	BERTH_SEGMENTATION_TCP6,
	BERTH_SEGMENTATION_UDP, // cut into UDP datagrams of segment_bytes payload each
};

struct berth_frame {
	// The first slice holds at least all headers; later ones only payload.
	struct berth_slice slice[BERTH_FRAME_SLICES_MAX];
	uint8_t slice_count;
	uint8_t interface_index;  // which of the host's interfaces: 0 is the first one added
	uint8_t checksum;         // enum berth_frame_checksum
	uint8_t segmentation;     // enum berth_frame_segmentation
	uint16_t segment_bytes;   // payload bytes of each segment, 0 without segmentation
	uint16_t header_bytes;    // Ethernet to transport header, with segmentation or PARTIAL
	uint16_t checksum_start;  // PARTIAL: offset of the first byte summed, from the frame start
	uint16_t checksum_offset; // PARTIAL: offset of the field, from checksum_start
	uint32_t length;          // sum of the slices
};

#ifdef __cplusplus
}
#endif

#endif
