// SPDX-License-Identifier: MIT
//
// TAP: how do frames get to the Linux kernel and back?
//
// One read or write a frame, each with a virtio-net header in front, so that checksums stay open
// and superframes whole in both directions. Reading goes on until the kernel has no more or the
// burst is full; the buffers are made once, and the pages of those that are never filled are never
// touched.
//
// Not here: addresses and state of the kernel's interface (device_tap_setup.c).
#include "device_tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <berth/host.h>

#include "device_vnet.h"

#ifndef TUN_F_USO4 // Linux 6.2
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define TAP_PATH "/dev/net/tun"
#define TAP_BUFFER_BYTES \
	65792u // the virtio-net header, the longest frame and a VLAN tag, rounded up

_Static_assert(TAP_BUFFER_BYTES >= DEVICE_VNET_HEADER_BYTES + BERTH_FRAME_BYTES_MAX + 4, "fits");

struct device_tap {
	struct device device;
	uint8_t *buffers; // DEVICE_BURST_MAX of them
};

static struct device_tap *tap_of(struct device *device)
{
	return (struct device_tap *)device; // its first member
}

static bool is_gone(int error)
{
	return error == EBADFD || error == ENODEV || error == EBADF;
}

// One frame into buffer. 1: read; 0: there is none now, or it is not fit to be told of; else
// -errno.
static int receive_one(struct device *device, uint8_t *buffer, struct berth_frame *ret_frame,
		       bool *ret_malformed)
{
	ssize_t length;

	*ret_malformed = false;
	do {
		length = read(device->fd, buffer, TAP_BUFFER_BYTES);
	} while (length < 0 && errno == EINTR);
	if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (length < 0)
		return is_gone(errno) ? -ENODEV : -errno;
	memset(ret_frame, 0, sizeof(*ret_frame));
	if (length > (ssize_t)DEVICE_VNET_HEADER_BYTES) {
		ret_frame->length = (uint32_t)length - DEVICE_VNET_HEADER_BYTES;
		ret_frame->slice[0].data = buffer + DEVICE_VNET_HEADER_BYTES;
		ret_frame->slice[0].length = ret_frame->length;
		ret_frame->slice_count = 1;
	}
	*ret_malformed = !device_vnet_parse(buffer, ret_frame);
	return 1;
}

static ssize_t tap_receive(struct device *device, struct berth_frame *frames, size_t max)
{
	struct device_tap *tap = tap_of(device);
	size_t count = 0, reads;
	bool is_malformed;
	int result;

	for (reads = 0; reads < max; reads++) {
		result = receive_one(device, tap->buffers + count * TAP_BUFFER_BYTES,
				     &frames[count], &is_malformed);
		if (result < 0)
			return count > 0 ? (ssize_t)count : result; // it will fail again
		if (result == 0)
			break;
		if (is_malformed) {
			device->counters.malformed++;
			continue;
		}
		device->counters.frames_in++;
		device->counters.bytes_in += frames[count].length;
		count++;
	}
	return (ssize_t)count;
}

// 0 or -errno.
static int transmit_one(struct device *device, const struct berth_frame *frame)
{
	uint8_t header[DEVICE_VNET_HEADER_BYTES];
	struct iovec parts[1 + BERTH_FRAME_SLICES_MAX];
	ssize_t written;
	int i;

	if (frame->slice_count > BERTH_FRAME_SLICES_MAX)
		return -EINVAL;
	device_vnet_emit(frame, header);
	parts[0].iov_base = header;
	parts[0].iov_len = sizeof(header);
	for (i = 0; i < frame->slice_count; i++) {
		parts[1 + i].iov_base = (void *)(uintptr_t)frame->slice[i].data; // only read
		parts[1 + i].iov_len = frame->slice[i].length;
	}
	do {
		written = writev(device->fd, parts, 1 + frame->slice_count);
	} while (written < 0 && errno == EINTR);
	return written < 0 ? -errno : 0;
}

static int tap_transmit(struct device *device, const struct berth_frame *frames, size_t count,
			size_t *ret_sent)
{
	size_t i;

	for (i = 0; i < count; i++) {
		int result = transmit_one(device, &frames[i]);

		if (result == 0) {
			device->counters.frames_out++;
			device->counters.bytes_out += frames[i].length;
			(*ret_sent)++;
			continue;
		}
		device->counters.lost++;
		if (is_gone(-result)) {
			device->counters.lost += count - i - 1;
			return -ENODEV;
		}
	}
	return 0;
}

static void tap_close(struct device *device)
{
	struct device_tap *tap = tap_of(device);

	if (device->fd >= 0)
		close(device->fd);
	free(tap->buffers);
	free(tap);
}

static const struct device_kind tap_kind = {
	.receive = tap_receive,
	.transmit = tap_transmit,
	.close = tap_close,
};

static void say_open_failed(int error, char *text, size_t size)
{
	const char *advice = "";

	if (error == EACCES || error == EPERM)
		advice = "; run as root, or let the system's administrator allow it";
	else if (error == ENOENT)
		advice = "; load the kernel module tun, or pass the device into the container";
	snprintf(text, size, "cannot open " TAP_PATH ": %s%s", strerror(error), advice);
}

static void say_attach_failed(const char *name, int error, char *text, size_t size)
{
	switch (error) {
	case EPERM:
		snprintf(text, size,
			 "cannot create or attach to TAP interface %s: %s; give CAP_NET_ADMIN, or "
			 "let root make it for you: ip tuntap add %s mode tap user NAME",
			 name, strerror(error), name);
		break;
	case EBUSY:
		snprintf(text, size, "TAP interface %s is in use by another program", name);
		break;
	case EINVAL:
		snprintf(text, size,
			 "interface %s exists and is not a TAP, or its name is impossible", name);
		break;
	default:
		snprintf(text, size, "cannot attach to TAP interface %s: %s", name,
			 strerror(error));
	}
}

// Create the interface or attach to it. An interface made for several queues wants to be told.
static int attach(int fd, const char *name, struct ifreq *ret_request)
{
	static const short kinds[] = {IFF_TAP | IFF_NO_PI | IFF_VNET_HDR,
				      IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE};
	int error = 0;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		memset(ret_request, 0, sizeof(*ret_request));
		memcpy(ret_request->ifr_name, name, strlen(name));
		ret_request->ifr_flags = kinds[i];
		if (ioctl(fd, TUNSETIFF, ret_request) == 0)
			return 0;
		error = errno;
		if (error != EINVAL)
			break;
	}
	return -error;
}

// How much does this kernel leave to us and take from us? The most first.
static uint32_t negotiate_offloads(int fd)
{
	static const struct {
		unsigned kernel;
		uint32_t offloads;
	} choices[] = {
		{TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6,
		 BERTH_OFFLOAD_CHECKSUM | BERTH_OFFLOAD_SEGMENT_TCP4 | BERTH_OFFLOAD_SEGMENT_TCP6 |
			 BERTH_OFFLOAD_SEGMENT_UDP},
		{TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN,
		 BERTH_OFFLOAD_CHECKSUM | BERTH_OFFLOAD_SEGMENT_TCP4 | BERTH_OFFLOAD_SEGMENT_TCP6},
		{TUN_F_CSUM, BERTH_OFFLOAD_CHECKSUM},
	};
	size_t i;

	for (i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)choices[i].kernel) == 0)
			return choices[i].offloads;
	ioctl(fd, TUNSETOFFLOAD, 0ul);
	return 0;
}

// Fills device from an open, attached descriptor. false: error is filled.
static bool prepare(struct device_tap *tap, const char *name, char *error, size_t error_size)
{
	int header_bytes = DEVICE_VNET_HEADER_BYTES;
	struct device *device = &tap->device;
	struct ifreq request;
	int result;

	device->fd = open(TAP_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (device->fd < 0) {
		say_open_failed(errno, error, error_size);
		return false;
	}
	result = attach(device->fd, name, &request);
	if (result < 0) {
		say_attach_failed(*name ? name : "tap%d", -result, error, error_size);
		return false;
	}
	if (ioctl(device->fd, TUNSETVNETHDRSZ, &header_bytes) < 0) {
		snprintf(error, error_size, "kernel offers no virtio-net headers on %s: %s", name,
			 strerror(errno));
		return false;
	}
	memcpy(device->name, request.ifr_name, sizeof(device->name) - 1);
	device->offloads = negotiate_offloads(device->fd);
	tap->buffers = malloc((size_t)DEVICE_BURST_MAX * TAP_BUFFER_BYTES);
	if (!tap->buffers) {
		snprintf(error, error_size, "no memory for the buffers of %s", device->name);
		return false;
	}
	return true;
}

struct device *device_tap_open(const char *name, char *error, size_t error_size)
{
	struct device_tap *tap;

	if (!name)
		name = "";
	if (strlen(name) >= IFNAMSIZ) {
		snprintf(error, error_size, "interface name %.32s is longer than %d characters",
			 name, IFNAMSIZ - 1);
		return NULL;
	}
	tap = calloc(1, sizeof(*tap));
	if (!tap) {
		snprintf(error, error_size, "no memory for interface %s", name);
		return NULL;
	}
	tap->device.kind = &tap_kind;
	tap->device.fd = -1;
	if (!prepare(tap, name, error, error_size)) {
		tap_close(&tap->device);
		return NULL;
	}
	return &tap->device;
}
