// SPDX-License-Identifier: MIT
//
// Front door of layer 2: which machine on this cable?
//
// Interfaces with their MACs, the neighbour cache (IP address -> MAC, by ARP or NDP), and the way
// of a frame out: into the burst the embedder is collecting right now, or into a queue until then.
#ifndef BERTH_LINK_LINK_H
#define BERTH_LINK_LINK_H

#include <berth/drop.h>
#include <berth/host.h>
#include <berth/inspect.h>

#include "../base/packet.h"
#include "../base/random.h"
#include "../base/slices.h"

#define LINK_INTERFACES_MAX 8
#define LINK_LOOPBACK (-1)    // interface index of the host's loopback
#define LINK_HEADER_ROOM 160u // header bytes one frame of a burst may have

struct link_layer; // link_layer.h, private to this folder

// What a frame turned out to be.
enum link_result {
	LINK_CONSUMED, // ARP, or dropped and counted
	LINK_IPV4,
	LINK_IPV6,
};

// A packet on its way down. The transport fills in header, payload and offload facts; each layer
// prepends its header into the room before header.
struct outgoing {
	uint8_t *header;       // first byte built so far
	uint32_t header_bytes; // built so far
	struct berth_slice payload[BERTH_FRAME_SLICES_MAX - 1];
	uint32_t payload_count;
	uint32_t payload_bytes;
	struct packet *owner; // the packet that header (and payload) live in; NULL: a burst's
			      // header arena and somebody else's ring
	uint8_t checksum;     // enum berth_frame_checksum
	uint8_t segmentation; // enum berth_frame_segmentation
	uint16_t segment_bytes;
	uint16_t checksum_offset; // PARTIAL: of the field within the transport header
	uint16_t transport_bytes; // length of the transport header
};

// Where to: found by ip, cached by whoever sends often.
struct link_path {
	int interface_index; // LINK_LOOPBACK for ourselves
	struct berth_address next_hop;
	uint32_t neighbor_slot;       // hint into the neighbour cache
	uint32_t neighbor_generation; // the hint is good while this agrees
};

// NULL: no memory. drops is the host's counter array, written by every layer through drop().
struct link_layer *link_new(struct memory *memory, struct packet_pool *packets,
			    struct random *random, uint64_t *drops,
			    const struct berth_config *config);
void link_free(struct link_layer *link);

int link_add_interface(struct link_layer *link, const struct berth_interface_config *config);
const struct berth_interface_config *link_interface(const struct link_layer *link, int index);
int link_interface_count(const struct link_layer *link);

// Our own addresses, so that ARP and NDP know what to answer for. ip tells, link remembers.
int link_add_address(struct link_layer *link, int interface_index,
		     const struct berth_address *address);

// One frame came in. On LINK_IPV4 and LINK_IPV6 *ret_packet is the IP packet (padding
// included), else nothing in particular.
enum link_result link_receive(struct link_layer *link, const struct berth_frame *frame,
			      uint64_t now, struct slices *ret_packet);

// ip/ saw a valid NDP message or heard proof that a neighbour lives (RFC 4861 7.3.1).
struct ndp_message;
void link_on_ndp(struct link_layer *link, int interface_index, const struct berth_address *source,
		 const struct ndp_message *message, uint64_t now);
void link_neighbor_confirmed(struct link_layer *link, const struct link_path *path, uint64_t now);
// The MAC path's packets go to now; false: not known (yet).
bool link_neighbor_mac(const struct link_layer *link, const struct link_path *path,
		       struct berth_mac *ret_mac);

// Send out[0..header|payload], an IP packet of ethernet_type. Takes out->owner in every case.
// The packet goes into the current burst, or a queue (copied first when it has no owner), or waits
// for the neighbour's MAC. BERTH_DROP_NONE, or why it went nowhere (already counted).
enum berth_drop link_send(struct link_layer *link, struct link_path *path, uint16_t ethernet_type,
			  struct outgoing *out, uint64_t now);

// The burst: berth_host_transmit brackets it; packets returned by a queue live until the next
// begin.
void link_burst_begin(struct link_layer *link, struct berth_frame *frames, size_t max);
// Header room for one frame without an owner: LINK_HEADER_ROOM bytes, to be built from the end
// backwards. NULL: the burst is full (or there is none).
uint8_t *link_burst_header(struct link_layer *link);
size_t link_burst_room(const struct link_layer *link);
void link_transmit_queued(struct link_layer *link); // waiting frames first
size_t link_burst_end(struct link_layer *link);
bool link_has_queued(const struct link_layer *link);

// Frames to ourselves, taken out one by one. The packet (whose data is an IP packet) is released
// by the caller. *ret_frame describes it, checksum and segmentation facts included.
struct packet *link_loopback_take(struct link_layer *link, struct berth_frame *ret_frame,
				  enum link_result *ret_kind);

void link_advance(struct link_layer *link, uint64_t now);
uint64_t link_deadline(const struct link_layer *link);

// Packets that could not be sent because their next hop never answered: their IP packets, for ip to
// report as "host unreachable" to their senders. NULL: none. The caller releases.
struct packet *link_take_unreachable(struct link_layer *link, struct link_path *ret_path);

bool link_inspect_neighbor(const struct link_layer *link, uint64_t *cursor,
			   struct berth_neighbor_info *ret_info);

#endif
