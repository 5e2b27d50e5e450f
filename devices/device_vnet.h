// SPDX-License-Identifier: MIT
//
// The virtio-net header: how the kernel and virtual machines say of a frame what a struct
// berth_frame says of it.
#ifndef BERTH_DEVICES_DEVICE_VNET_H
#define BERTH_DEVICES_DEVICE_VNET_H

#include <berth/frame.h>
#include <stdbool.h>

#define DEVICE_VNET_HEADER_BYTES 12u // with the number of buffers, which is always 0 or 1 here

// Facts of a frame whose bytes (one slice) and length are already in it. false: they cannot be.
bool device_vnet_parse(const uint8_t *header, struct berth_frame *frame);
// Writes DEVICE_VNET_HEADER_BYTES.
void device_vnet_emit(const struct berth_frame *frame, uint8_t *header);

#endif
