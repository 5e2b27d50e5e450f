// SPDX-License-Identifier: MIT
//
// A device: where frames leave this process for a real cable and come in from it. The daemon polls
// fd and calls device_receive when it is readable; nothing here blocks, and nothing is queued.
//
// All of them speak struct berth_frame, offload facts included, so a superframe from the kernel
// goes through as one frame.
#ifndef BERTH_DEVICES_DEVICE_H
#define BERTH_DEVICES_DEVICE_H

#include <berth/frame.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define DEVICE_BURST_MAX 32       // frames one receive gives, at most
#define DEVICE_ERROR_TEXT_MAX 256 // room for what an open function has to say

struct device;

struct device_counters {
	uint64_t frames_in, bytes_in;
	uint64_t frames_out, bytes_out;
	uint64_t malformed; // came in with facts or lengths that cannot be
	uint64_t lost;      // the cable was full or down, or refused the frame
};

// One kind of device; each lives in a file of its own.
struct device_kind {
	ssize_t (*receive)(struct device *device, struct berth_frame *frames, size_t max);
	int (*transmit)(struct device *device, const struct berth_frame *frames, size_t count,
			size_t *ret_sent);
	void (*close)(struct device *device);
};

struct device {
	const struct device_kind *kind;
	int fd;            // to poll for reading
	char name[16];     // "tap0"
	uint32_t offloads; // BERTH_OFFLOAD_*: what transmitted frames may leave to it
	struct device_counters counters;
};

// Take frames that have come in: at most max (and DEVICE_BURST_MAX). Returns how many, 0 when there
// are none now; -ENODEV when the cable is gone for good, another negative errno when reading
// failed. The slices are valid until the next receive; interface_index is 0.
ssize_t device_receive(struct device *device, struct berth_frame *frames, size_t max);

// Put frames on the cable, in order. Frames it does not take (its queue is full, the interface is
// down) are lost, as on any cable, and counted in counters.lost. *ret_sent (may be NULL): how many
// went out. Returns 0, or -ENODEV when the cable is gone for good.
int device_transmit(struct device *device, const struct berth_frame *frames, size_t count,
		    size_t *ret_sent);

// NULL is legal.
void device_close(struct device *device);

#endif
