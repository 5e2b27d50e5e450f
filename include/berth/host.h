// SPDX-License-Identifier: MIT
//
// A host: one computer with its interfaces, addresses, port space, connections. It makes no system
// call, reads no clock, starts no thread, keeps no global. Whoever embeds it:
//
//     berth_host_receive   when frames came from a cable
//     berth_host_advance   when the deadline has come
//     berth_host_transmit  until it gives no more frames, after anything else
//     berth_host_next_event  until there is none: readable, writable, accepted, closed
//
// Time is an argument: nanoseconds of a clock that never runs backwards; any start will do.
// A host belongs to one thread at a time.
#ifndef BERTH_HOST_H
#define BERTH_HOST_H

#include "address.h"
#include "drop.h"
#include "frame.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BERTH_NEVER UINT64_MAX

struct berth_host;

// Memory comes from here and nowhere else. acquire returns NULL when there is none (the host then
// counts a refusal and goes on); memory is aligned for any object and need not be zeroed.
// release gets the size that was asked for.
struct berth_allocator {
	void *(*acquire)(void *context, size_t size);
	void (*release)(void *context, void *memory, size_t size);
	void *context;
};

// Every limit has a name; 0 means the default in parentheses. Reaching one is a counted refusal.
struct berth_config {
	struct berth_allocator allocator;
	uint64_t seed[2];         // ports, sequence numbers, hashes: secret and random in earnest
	uint32_t sockets_max;     // (1,048,576)
	uint32_t connections_max; // TCP, without TIME-WAIT and half-open (1,048,576)
	uint32_t embryos_max;     // half-open TCP connections (4,096)
	uint32_t remnants_max;    // TIME-WAIT; the oldest yields (262,144)
	uint32_t neighbors_max;   // per interface (1,024)
	uint32_t queued_packets_max;        // waiting for the cable (4,096)
	uint32_t tcp_send_bytes_max;        // automatic growth of one send buffer ends here (4 MiB)
	uint32_t tcp_receive_bytes_max;     // same for one receive buffer (6 MiB)
	uint32_t tcp_initial_receive_bytes; // first window offered (64 KiB)
	uint32_t udp_receive_bytes_max;     // queue of one UDP socket (208 KiB)
	uint16_t ephemeral_low;             // (32768)
	uint16_t ephemeral_high;            // (60999)
	const char *congestion;             // "cubic" (default) or "reno"
	uint64_t time_wait_ns;              // (60 s)
};

// What an interface can leave to its cable.
#define BERTH_OFFLOAD_CHECKSUM 0x01u     // transmitted frames may be CHECKSUM_PARTIAL
#define BERTH_OFFLOAD_SEGMENT_TCP4 0x02u // transmitted frames may be superframes
#define BERTH_OFFLOAD_SEGMENT_TCP6 0x04u
#define BERTH_OFFLOAD_SEGMENT_UDP 0x08u

struct berth_interface_config {
	struct berth_mac mac;
	uint16_t mtu; // IP packet bytes, 1280..65535 (1500)
	uint32_t offloads;
	const char *name; // shown in tables, copied, 15 characters at most ("eth0")
};

// Make a host. Copies the configuration. NULL: the allocator gave no memory, or a limit or the
// ephemeral range makes no sense. The host already has a loopback (127.0.0.0/8, ::1).
struct berth_host *berth_host_new(const struct berth_config *config);

// Give everything back. Peers are told nothing: close or abort sockets first where that matters.
void berth_host_free(struct berth_host *host);

// Add an interface; its number is returned, 0 for the first, or -ENOSPC after eight of them,
// -EINVAL for a group MAC or an impossible MTU. An IPv6 link-local address made from the MAC
// (RFC 4291 appendix A) is added with it.
int berth_host_add_interface(struct berth_host *host, const struct berth_interface_config *config);

// Give interface an address; the on-link route to its prefix comes with it.
// -ENODEV, -EINVAL (group or any address, prefix too long), -EEXIST, -ENOSPC.
int berth_host_add_address(struct berth_host *host, int interface_index,
			   const struct berth_address *address, uint8_t prefix_bits);

// Route destination/prefix_bits through gateway (which must be on-link), or straight onto the
// interface when gateway is NULL. The longest prefix wins. Errors as above; -ENETUNREACH for a
// gateway that is not on-link.
int berth_host_add_route(struct berth_host *host, int interface_index,
			 const struct berth_address *destination, uint8_t prefix_bits,
			 const struct berth_address *gateway);

// A burst of frames arrived. Their bytes are only read during the call. count may be any number.
void berth_host_receive(struct berth_host *host, const struct berth_frame *frames, size_t count,
			uint64_t now_ns);

// Time has passed: run what is due. Calling early or often is harmless.
void berth_host_advance(struct berth_host *host, uint64_t now_ns);

// When must advance be called next? BERTH_NEVER: nothing is waiting for time. 0: frames are
// waiting for transmit (call it now).
uint64_t berth_host_deadline(const struct berth_host *host);

// Take the next frames for the cable: at most max, returns how many; call again until it returns
// 0. The slices point into the host and are valid until the next call that takes this host.
// Frames to the host itself never appear here: they are delivered inside the call.
size_t berth_host_transmit(struct berth_host *host, struct berth_frame *frames, size_t max,
			   uint64_t now_ns);

#ifdef __cplusplus
}
#endif

#endif
