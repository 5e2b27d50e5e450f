// SPDX-License-Identifier: MIT
//
// TAP: an Ethernet cable whose other end is the Linux kernel, as a network interface of its own.
#ifndef BERTH_DEVICES_DEVICE_TAP_H
#define BERTH_DEVICES_DEVICE_TAP_H

#include <berth/address.h>

#include "device.h"

// Attach to the interface if it exists (a persistent TAP that belongs to us), create it otherwise.
// name "" or NULL: the kernel chooses one, see device->name. NULL on failure, and error holds one
// sentence that says what to do.
struct device *device_tap_open(const char *name, char *error, size_t error_size);

// The kernel's side of the cable. Each returns 0 or a negative errno, and needs CAP_NET_ADMIN in
// the network namespace the caller is in. An IPv4 address replaces the one it had, an IPv6 address
// is one more.
int device_tap_set_up(const struct device *device);
int device_tap_set_mtu(const struct device *device, unsigned mtu);
int device_tap_set_address(const struct device *device, const struct berth_address *address,
			   uint8_t prefix_bits);
// The kernel interface's MAC and MTU. Needs no privilege.
int device_tap_get_mac(const struct device *device, struct berth_mac *ret_mac);
int device_tap_get_mtu(const struct device *device, unsigned *ret_mtu);

#endif
