// SPDX-License-Identifier: MIT
//
// How does a frame get from one port of a simulated cable to the others?
//
// Sending: the frame's headers say which ports it comes out of (cable_switch.c), the line it enters
// by says what becomes of it (cable_faults.c), it is copied into one buffer (cable_buffer.c) and
// joins the queue of each of those ports (cable_queue.c). Receiving takes from the port's queue
// what has arrived by now. On a line with faults a superframe is first cut into what would be on a
// wire (cable_segment.c), and each piece has a fate of its own.
//
// The switch reads headers as they were sent; damage strikes after it, so a flipped bit in a MAC
// does not teach the switch nonsense.
//
// Deterministic: fates depend on the seed, the port's number and the frames sent into that port,
// never on what other ports do. Not here: who the hosts are; a cable knows only MACs.
#include <berth/sim.h>
#include <errno.h>
#include <string.h>

#include "../base/assertion.h"
#include "../base/slices.h"
#include "../base/time_units.h"
#include "cable_faults.h"
#include "cable_queue.h"
#include "cable_segment.h"
#include "cable_switch.h"

#define CABLE_PORTS_MAX 64u
#define CABLE_IDLE_BYTES_MAX (16u << 20) // kept for reuse
#define CABLE_ARRIVALS_PER_CHUNK 256u

struct cable_port {
	bool is_used;
	struct cable_line line;       // into the cable
	struct cable_queue arriving;  // out of it
	struct cable_arrival *handed; // to the caller; they go back at the next receive
	struct berth_cable_counters counters;
};

struct berth_cable {
	struct memory memory;
	struct buffer_pool buffers;
	struct object_pool arrivals;
	struct cable_switch table;
	uint64_t seed;
	uint64_t next_order;
	uint64_t used_ports; // a bit a port
	struct cable_port ports[CABLE_PORTS_MAX];
};

struct berth_cable *berth_cable_new(const struct berth_allocator *allocator, uint64_t seed)
{
	struct memory memory;
	struct berth_cable *cable;

	memory_init(&memory, allocator);
	cable = memory_acquire(&memory, sizeof(*cable));
	if (!cable)
		return NULL;
	cable->memory = memory;
	cable->seed = seed;
	buffer_pool_init(&cable->buffers, &cable->memory, CABLE_IDLE_BYTES_MAX);
	object_pool_init(&cable->arrivals, &cable->memory, sizeof(struct cable_arrival),
			 CABLE_ARRIVALS_PER_CHUNK, 0);
	cable_switch_init(&cable->table, seed);
	return cable;
}

// The port if the number names one in use, else NULL.
static struct cable_port *port_of(struct berth_cable *cable, int number)
{
	if (number < 0 || number >= (int)CABLE_PORTS_MAX || !cable->ports[number].is_used)
		return NULL;
	return &cable->ports[number];
}

int berth_cable_add_port(struct berth_cable *cable)
{
	struct cable_port *port;
	unsigned number = 0;

	while (number < CABLE_PORTS_MAX && cable->ports[number].is_used)
		number++;
	if (number == CABLE_PORTS_MAX)
		return -ENOSPC;
	port = &cable->ports[number];
	memset(port, 0, sizeof(*port));
	port->is_used = true;
	cable_line_init(&port->line, cable->seed, number);
	cable_queue_init(&port->arriving, &cable->memory);
	cable->used_ports |= UINT64_C(1) << number;
	return (int)number;
}

static void release_arrival(struct berth_cable *cable, struct cable_arrival *arrival)
{
	cable_buffer_release(&cable->buffers, arrival->buffer);
	object_pool_release(&cable->arrivals, arrival);
}

static void release_handed(struct berth_cable *cable, struct cable_port *port)
{
	while (port->handed) {
		struct cable_arrival *arrival = port->handed;

		port->handed = arrival->next;
		release_arrival(cable, arrival);
	}
}

void berth_cable_remove_port(struct berth_cable *cable, int number)
{
	struct cable_port *port = port_of(cable, number);
	struct cable_arrival *arrival;

	if (!port)
		return;
	release_handed(cable, port);
	while ((arrival = cable_queue_take(&port->arriving, NEVER)) != NULL)
		release_arrival(cable, arrival);
	cable_queue_clear(&port->arriving);
	cable_switch_forget_port(&cable->table, (unsigned)number);
	cable->used_ports &= ~(UINT64_C(1) << number);
	port->is_used = false;
}

void berth_cable_free(struct berth_cable *cable)
{
	struct memory memory;
	int number;

	if (!cable)
		return;
	for (number = 0; number < (int)CABLE_PORTS_MAX; number++)
		berth_cable_remove_port(cable, number);
	object_pool_clear(&cable->arrivals);
	buffer_pool_clear(&cable->buffers);
	memory = cable->memory;
	memory_release(&memory, cable, sizeof(*cable));
}

void berth_cable_set_faults(struct berth_cable *cable, int number,
			    const struct berth_cable_faults *faults)
{
	struct cable_port *port = port_of(cable, number);

	if (port)
		cable_line_set_faults(&port->line, faults);
}

// Is this a frame at all? An Ethernet header in the first slice, and lengths that agree.
static bool frame_is_sound(const struct berth_frame *frame)
{
	uint64_t length = 0;
	unsigned i;

	if (frame->slice_count == 0 || frame->slice_count > BERTH_FRAME_SLICES_MAX)
		return false;
	for (i = 0; i < frame->slice_count; i++)
		length += frame->slice[i].length;
	return length == frame->length && length <= BERTH_FRAME_BYTES_MAX &&
	       frame->slice[0].length >= ETHERNET_HEADER_BYTES;
}

// Which ports does this frame come out of? A bit each.
static uint64_t find_targets(struct berth_cable *cable, unsigned from,
			     const struct berth_frame *frame, uint64_t now)
{
	uint64_t others = cable->used_ports & ~(UINT64_C(1) << from);
	struct ethernet_header header = {0};
	int port;

	ethernet_parse(frame->slice[0].data, frame->slice[0].length, &header);
	cable_switch_learn(&cable->table, &header.source, from, now);
	port = cable_switch_lookup(&cable->table, &header.target, now);
	return port < 0 ? others : others & UINT64_C(1) << port;
}

// Join the queue of one port. false: it is full, or there is no memory.
static bool deliver_to(struct berth_cable *cable, struct cable_port *port,
		       struct cable_buffer *buffer, uint64_t arrives_at, uint64_t *ret_refused)
{
	struct cable_arrival *arrival;

	if (!cable_queue_has_room(&port->arriving, buffer->frame.length)) {
		(*ret_refused)++;
		return false;
	}
	arrival = object_pool_acquire(&cable->arrivals);
	if (!arrival)
		return false;
	arrival->buffer = buffer;
	arrival->arrives_at = arrives_at;
	arrival->order = cable->next_order++;
	if (!cable_queue_insert(&port->arriving, arrival)) {
		object_pool_release(&cable->arrivals, arrival);
		return false;
	}
	cable_buffer_retain(buffer);
	return true;
}

// Takes the caller's reference to buffer.
static void deliver(struct berth_cable *cable, struct cable_port *from, uint64_t targets,
		    struct cable_buffer *buffer, const struct cable_fate *fate)
{
	unsigned copies = fate->is_duplicated ? 2 : 1;
	uint64_t refused = 0;
	bool is_lost = false;

	if (fate->is_corrupted)
		cable_buffer_flip_bit(buffer, fate->corrupt_bit);
	for (; targets; targets &= targets - 1) {
		struct cable_port *to = &cable->ports[__builtin_ctzll(targets)];
		unsigned i;

		for (i = 0; i < copies; i++)
			if (!deliver_to(cable, to, buffer, fate->arrives_at, &refused))
				is_lost = true;
	}
	cable_buffer_release(&cable->buffers, buffer);
	from->counters.duplicated += fate->is_duplicated;
	from->counters.reordered += fate->is_reordered;
	from->counters.corrupted += fate->is_corrupted;
	if (refused > 0)
		from->counters.queue_full++;
	else if (is_lost)
		from->counters.lost++;
}

// What becomes of a frame of this length? true: it arrives.
static bool decide_fate(struct cable_port *port, uint32_t frame_bytes, uint64_t now,
			struct cable_fate *ret_fate)
{
	port->counters.frames++;
	port->counters.bytes += frame_bytes;
	*ret_fate = cable_line_decide(&port->line, frame_bytes, now);
	port->counters.queue_full += ret_fate->is_queue_full;
	port->counters.lost += ret_fate->is_lost;
	return !ret_fate->is_queue_full && !ret_fate->is_lost;
}

static void copy_slices(const struct berth_frame *frame, uint8_t *to)
{
	unsigned i;

	for (i = 0; i < frame->slice_count; i++) {
		memcpy(to, frame->slice[i].data, frame->slice[i].length);
		to += frame->slice[i].length;
	}
}

static void send_whole(struct berth_cable *cable, struct cable_port *port, uint64_t targets,
		       const struct berth_frame *frame, uint64_t now)
{
	struct cable_buffer *buffer;
	struct cable_fate fate;

	if (!decide_fate(port, frame->length, now, &fate) || targets == 0)
		return;
	buffer = cable_buffer_acquire(&cable->buffers, frame->length);
	if (!buffer) {
		port->counters.lost++;
		return;
	}
	copy_slices(frame, cable_buffer_bytes(buffer));
	cable_buffer_take_facts(buffer, frame);
	deliver(cable, port, targets, buffer, &fate);
}

static void send_cut(struct berth_cable *cable, struct cable_port *port, uint64_t targets,
		     const struct berth_frame *frame, uint64_t now)
{
	struct cable_buffer *buffer;
	struct cable_fate fate;
	struct cable_cut cut;
	uint32_t length;

	if (!cable_cut_begin(&cut, frame)) {
		port->counters.lost++;
		return;
	}
	for (; (length = cable_cut_length(&cut)) > 0; cable_cut_advance(&cut)) {
		if (!decide_fate(port, length, now, &fate) || targets == 0)
			continue;
		buffer = cable_buffer_acquire(&cable->buffers, length);
		if (!buffer) {
			port->counters.lost++;
			continue;
		}
		cable_cut_emit(&cut, cable_buffer_bytes(buffer));
		deliver(cable, port, targets, buffer, &fate);
	}
}

void berth_cable_send(struct berth_cable *cable, int number, const struct berth_frame *frames,
		      size_t count, uint64_t now_ns)
{
	struct cable_port *port = port_of(cable, number);
	size_t i;

	if (!port)
		return;
	for (i = 0; i < count; i++) {
		uint64_t targets;

		if (!frame_is_sound(&frames[i])) {
			port->counters.lost++;
			continue;
		}
		targets = find_targets(cable, (unsigned)number, &frames[i], now_ns);
		if (cable_line_is_clean(&port->line))
			send_whole(cable, port, targets, &frames[i], now_ns);
		else
			send_cut(cable, port, targets, &frames[i], now_ns);
	}
}

uint64_t berth_cable_deadline(const struct berth_cable *cable)
{
	uint64_t deadline = NEVER;
	uint64_t ports;

	for (ports = cable->used_ports; ports; ports &= ports - 1)
		deadline = earliest(
			deadline,
			cable_queue_deadline(&cable->ports[__builtin_ctzll(ports)].arriving));
	return deadline;
}

size_t berth_cable_receive(struct berth_cable *cable, int number, struct berth_frame *frames,
			   size_t max, uint64_t now_ns)
{
	struct cable_port *port = port_of(cable, number);
	struct cable_arrival *arrival;
	size_t count = 0;

	if (!port)
		return 0;
	release_handed(cable, port);
	while (count < max && (arrival = cable_queue_take(&port->arriving, now_ns)) != NULL) {
		frames[count++] = arrival->buffer->frame;
		arrival->next = port->handed;
		port->handed = arrival;
	}
	return count;
}

void berth_cable_counters(const struct berth_cable *cable, int number,
			  struct berth_cable_counters *ret_counters)
{
	memset(ret_counters, 0, sizeof(*ret_counters));
	if (number >= 0 && number < (int)CABLE_PORTS_MAX && cable->ports[number].is_used)
		*ret_counters = cable->ports[number].counters;
}
