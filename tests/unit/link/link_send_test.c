// SPDX-License-Identifier: MIT
//
// Frames out: the fast path copies nothing, queues are bounded, the loopback keeps offload facts.
#include "../../../lib/link/link_layer.h"
#include "../../support/test_layers.h"

#define START (50 * NS_PER_S)

static const uint8_t ring[64] = "payload lies in somebody's ring, in two runs";

static struct link_path path_to(const char *next_hop)
{
	const struct link_path path = {.interface_index = 0, .next_hop = test_address(next_hop)};

	return path;
}

// Headers of 24 bytes, the last 20 of them the transport's, in front of `payload_bytes` of the
// ring.
static struct outgoing outgoing_at(uint8_t *header_end, uint32_t payload_bytes)
{
	const struct outgoing out = {
		.header = header_end - 24,
		.header_bytes = 24,
		.payload = {{ring, payload_bytes}},
		.payload_count = payload_bytes ? 1 : 0,
		.payload_bytes = payload_bytes,
		.transport_bytes = 20,
		.checksum_offset = 16,
	};

	memset(out.header, 0x11, out.header_bytes);
	return out;
}

static enum berth_drop send_from_stack(struct test_layers *layers, const char *next_hop,
				       uint32_t payload_bytes)
{
	uint8_t room[LINK_HEADER_ROOM];
	struct link_path path = path_to(next_hop);
	struct outgoing out = outgoing_at(room + sizeof(room), payload_bytes);

	return link_send(layers->link, &path, ETHERNET_TYPE_IPV4, &out, START);
}

static void the_fast_path_points_at_header_and_ring_and_acquires_nothing(void **state)
{
	struct test_layers layers;
	struct link_path path = path_to("10.0.0.2");
	struct outgoing out;
	uint8_t *header;
	uint64_t acquisitions;
	const struct berth_frame *frame;

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	acquisitions = test_acquisitions();
	link_burst_begin(layers.link, layers.frames, 4);
	header = link_burst_header(layers.link);
	assert_non_null(header);
	out = outgoing_at(header + LINK_HEADER_ROOM, 30);
	out.payload[1] = (struct berth_slice){ring + 40, 4};
	out.payload_count = 2;
	out.payload_bytes = 34;
	out.checksum = BERTH_CHECKSUM_PARTIAL;
	out.segmentation = BERTH_SEGMENTATION_TCP4;
	out.segment_bytes = 10;
	assert_int_equal(link_send(layers.link, &path, ETHERNET_TYPE_IPV4, &out, START),
			 BERTH_DROP_NONE);
	assert_u64(link_burst_room(layers.link), 3);
	assert_u64(link_burst_end(layers.link), 1);
	assert_u64(test_acquisitions(), acquisitions);
	frame = &layers.frames[0];
	assert_u64(frame->slice_count, 3);
	assert_ptr_equal(frame->slice[0].data, header + LINK_HEADER_ROOM - 38);
	assert_hex(frame->slice[0].data, frame->slice[0].length,
		   "020000000002 020000000001 0800 111111111111111111111111 1111111111111111"
		   "11111111");
	assert_ptr_equal(frame->slice[1].data, ring);
	assert_u64(frame->slice[1].length, 30);
	assert_ptr_equal(frame->slice[2].data, ring + 40);
	assert_u64(frame->length, 38 + 34);
	assert_u64(frame->interface_index, 0);
	assert_u64(frame->checksum, BERTH_CHECKSUM_PARTIAL);
	assert_u64(frame->checksum_start, 18);
	assert_u64(frame->checksum_offset, 16);
	assert_u64(frame->header_bytes, 38);
	assert_u64(frame->segmentation, BERTH_SEGMENTATION_TCP4);
	assert_u64(frame->segment_bytes, 10);
	test_layers_close(&layers);
}

static void each_frame_of_a_burst_has_its_own_header_room(void **state)
{
	struct test_layers layers;
	struct link_path path = path_to("10.0.0.2");
	const uint8_t *first;

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	assert_null(link_burst_header(layers.link)); // there is no burst
	link_burst_begin(layers.link, layers.frames, 2);
	first = link_burst_header(layers.link);
	assert_ptr_equal(link_burst_header(layers.link), first); // until it is used
	for (unsigned index = 0; index < 2; index++) {
		uint8_t *header = link_burst_header(layers.link);
		struct outgoing out = outgoing_at(header + LINK_HEADER_ROOM, 8);

		assert_true((index == 0) == (header == first));
		link_send(layers.link, &path, ETHERNET_TYPE_IPV4, &out, START);
	}
	assert_null(link_burst_header(layers.link)); // it is full
	assert_u64(link_burst_end(layers.link), 2);
	test_layers_close(&layers);
}

static void a_path_remembers_where_its_neighbour_is(void **state)
{
	struct test_layers layers;
	struct link_path path = path_to("10.0.0.2");
	uint8_t room[LINK_HEADER_ROOM];
	struct outgoing out = outgoing_at(room + sizeof(room), 8);
	struct berth_mac mac;
	const struct berth_mac expected = test_mac(2);

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	assert_true(link_neighbor_mac(layers.link, &path, &mac)); // without a hint, too
	link_neighbor_confirmed(layers.link, &path, START);       // nobody is meant yet
	assert_u64(path.neighbor_generation, 0);
	link_send(layers.link, &path, ETHERNET_TYPE_IPV4, &out, START);
	assert_true(path.neighbor_generation != 0);
	assert_ptr_equal(
		neighbor_cache_at(&layers.link->interfaces[0].neighbors, path.neighbor_slot,
				  path.neighbor_generation),
		neighbor_cache_lookup(&layers.link->interfaces[0].neighbors, &path.next_hop));
	assert_true(link_neighbor_mac(layers.link, &path, &mac));
	assert_memory_equal(&mac, &expected, sizeof(mac));
	link_neighbor_confirmed(layers.link, &path, START);
	assert_u64(link_deadline(layers.link),
		   START + layers.link->interfaces[0].neighbors.reachable_ns);
	test_layers_close(&layers);
}

static void a_mac_nobody_told_is_not_known(void **state)
{
	struct test_layers layers;
	struct link_path path = path_to("10.0.0.2");
	struct berth_mac mac;

	(void)state;
	test_layers_open(&layers);
	assert_false(link_neighbor_mac(layers.link, &path, &mac));
	path.interface_index = LINK_LOOPBACK;
	assert_false(link_neighbor_mac(layers.link, &path, &mac));
	test_layers_close(&layers);
}

static void groups_have_macs_without_asking(void **state)
{
	static const struct {
		const char *next_hop, *mac;
	} groups[] = {
		{"255.255.255.255", "ff:ff:ff:ff:ff:ff"},
		{"224.0.0.251", "01:00:5e:00:00:fb"},
		{"239.255.1.2", "01:00:5e:7f:01:02"},
		{"ff02::1:ff12:3456", "33:33:ff:12:34:56"},
	};
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	for (unsigned index = 0; index < 4; index++) {
		const struct link_path path = path_to(groups[index].next_hop);
		struct berth_mac expected, mac;

		assert_true(berth_mac_parse(groups[index].mac, &expected));
		assert_true(link_neighbor_mac(layers.link, &path, &mac));
		assert_memory_equal(&mac, &expected, sizeof(mac));
		assert_int_equal(send_from_stack(&layers, groups[index].next_hop, 0),
				 BERTH_DROP_NONE);
		assert_u64(test_layers_transmit(&layers), 1);
		assert_memory_equal(layers.frames[0].slice[0].data, expected.byte, 6);
	}
	test_layers_close(&layers);
}

static void outside_a_burst_packets_are_copied_into_the_queue(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	assert_false(link_has_queued(layers.link));
	assert_int_equal(send_from_stack(&layers, "10.0.0.2", 7), BERTH_DROP_NONE);
	assert_true(link_has_queued(layers.link));
	assert_u64(test_layers_transmit(&layers), 1);
	assert_false(link_has_queued(layers.link));
	assert_frame(&layers, 0,
		     "020000000002 020000000001 0800 1111111111111111 1111111111111111"
		     "1111111111111111 7061796c6f6164");
	test_layers_close(&layers);
}

static void an_owned_packet_is_queued_as_it_is(void **state)
{
	struct test_layers layers;
	struct link_path path = path_to("10.0.0.2");
	struct packet *packet;
	struct outgoing out = {0};

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	packet = packet_acquire(&layers.packets, 100);
	memcpy(packet_append(packet, 100), ring, sizeof(ring));
	out.header = packet_data(packet);
	out.header_bytes = 20;
	out.payload[0] = (struct berth_slice){packet_data(packet) + 20, 80};
	out.payload_count = 1;
	out.payload_bytes = 80;
	out.owner = packet;
	link_send(layers.link, &path, ETHERNET_TYPE_IPV4, &out, START);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_ptr_equal(layers.frames[0].slice[0].data, packet->bytes + PACKET_HEADROOM - 14);
	assert_u64(layers.frames[0].length, 114);
	assert_u64(layers.packets.used, 1); // until the next burst begins
	test_layers_transmit(&layers);
	assert_u64(layers.packets.used, 0);
	test_layers_close(&layers);
}

static void an_owned_packet_joins_a_burst_that_has_room(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	link_burst_begin(layers.link, layers.frames, 1);
	assert_int_equal(test_layers_send(&layers, "10.0.0.2", 17, ring, 20, START),
			 BERTH_DROP_NONE);
	assert_u64(link_burst_room(layers.link), 0);
	assert_int_equal(test_layers_send(&layers, "10.0.0.2", 17, ring, 21, START),
			 BERTH_DROP_NONE);
	layers.frame_count = link_burst_end(layers.link);
	assert_u64(layers.frame_count, 1);
	assert_u64(layers.frames[0].length, 14 + 20 + 20);
	assert_true(link_has_queued(layers.link));
	assert_u64(test_layers_transmit(&layers), 1);
	assert_u64(layers.frames[0].length, 14 + 20 + 21);
	test_layers_close(&layers);
}

static void a_burst_never_exceeds_its_limit(void **state)
{
	struct test_layers layers;
	struct berth_frame frames[BERTH_BURST_MAX + 1];

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	for (unsigned index = 0; index < BERTH_BURST_MAX + 1; index++)
		send_from_stack(&layers, "10.0.0.2", 1);
	link_burst_begin(layers.link, frames, BERTH_BURST_MAX + 1);
	link_transmit_queued(layers.link);
	assert_u64(link_burst_end(layers.link), BERTH_BURST_MAX);
	assert_true(link_has_queued(layers.link));
	link_burst_begin(layers.link, frames, 0);
	link_transmit_queued(layers.link);
	assert_u64(link_burst_end(layers.link), 0);
	assert_u64(test_layers_transmit(&layers), 1);
	test_layers_close(&layers);
}

static void the_output_queue_is_bounded(void **state)
{
	struct test_layers layers;
	const struct berth_config config = {.queued_packets_max = 3};

	(void)state;
	test_layers_open_bare(&layers, &config);
	test_layers_add_interface(&layers, 1, 0);
	test_layers_add_address(&layers, 0, "10.0.0.1/24");
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	for (unsigned index = 0; index < 3; index++)
		assert_int_equal(send_from_stack(&layers, "10.0.0.2", index), BERTH_DROP_NONE);
	assert_int_equal(send_from_stack(&layers, "10.0.0.2", 9), BERTH_DROP_OUTPUT_QUEUE_FULL);
	assert_u64(layers.drops[BERTH_DROP_OUTPUT_QUEUE_FULL], 1);
	assert_u64(test_layers_transmit(&layers), 3);
	assert_u64(layers.frames[2].length, 14 + 24 + 2);
	test_layers_close(&layers);
}

static void too_many_packets_for_one_mac_push_out_the_oldest(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	for (unsigned index = 0; index < NEIGHBOR_WAITING_MAX + 2; index++)
		assert_int_equal(send_from_stack(&layers, "10.0.0.2", index), BERTH_DROP_NONE);
	assert_u64(layers.drops[BERTH_DROP_NEIGHBOR_QUEUE_FULL], 2);
	assert_u64(test_layers_transmit(&layers), 1); // one request, however many packets
	test_layers_receive_hex(&layers,
				"020000000001 020000000002 0806 0001 0800 06 04 0002"
				"020000000002 0a000002 020000000001 0a000001",
				START);
	assert_u64(test_layers_transmit(&layers), NEIGHBOR_WAITING_MAX);
	assert_u64(layers.frames[0].length, 14 + 24 + 2); // the third one sent
	assert_u64(layers.frames[NEIGHBOR_WAITING_MAX - 1].length,
		   14 + 24 + NEIGHBOR_WAITING_MAX + 1);
	test_layers_close(&layers);
}

static void all_waiting_packets_together_are_bounded(void **state)
{
	struct test_layers layers;
	const struct berth_config config = {.queued_packets_max = 2};

	(void)state;
	test_layers_open_bare(&layers, &config);
	test_layers_add_interface(&layers, 1, 0);
	test_layers_add_address(&layers, 0, "10.0.0.1/24");
	assert_int_equal(send_from_stack(&layers, "10.0.0.2", 1), BERTH_DROP_NONE);
	assert_int_equal(send_from_stack(&layers, "10.0.0.3", 1), BERTH_DROP_NONE);
	assert_int_equal(send_from_stack(&layers, "10.0.0.4", 1), BERTH_DROP_NEIGHBOR_QUEUE_FULL);
	assert_u64(layers.drops[BERTH_DROP_NEIGHBOR_QUEUE_FULL], 1);
	test_layers_close(&layers);
}

static void a_full_neighbour_table_is_counted(void **state)
{
	struct test_layers layers;
	const struct berth_config config = {.neighbors_max = 1};

	(void)state;
	test_layers_open_bare(&layers, &config);
	test_layers_add_interface(&layers, 1, 0);
	test_layers_add_address(&layers, 0, "10.0.0.1/24");
	assert_int_equal(send_from_stack(&layers, "10.0.0.2", 1), BERTH_DROP_NONE);
	assert_int_equal(send_from_stack(&layers, "10.0.0.3", 1), BERTH_DROP_NEIGHBOR_TABLE_FULL);
	assert_int_equal(test_layers_send(&layers, "10.0.0.3", 17, ring, 8, START),
			 BERTH_DROP_NEIGHBOR_TABLE_FULL);
	assert_u64(layers.drops[BERTH_DROP_NEIGHBOR_TABLE_FULL], 2);
	// Once it has failed, the first one yields.
	link_advance(layers.link, START + 1 * NS_PER_S);
	link_advance(layers.link, START + 2 * NS_PER_S);
	link_advance(layers.link, START + 3 * NS_PER_S);
	assert_int_equal(send_from_stack(&layers, "10.0.0.3", 1), BERTH_DROP_NONE);
	test_layers_close(&layers);
}

static void without_memory_a_packet_is_dropped_and_counted(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	test_layers_transmit(&layers); // gives the last burst's packets back
	layers.packets.used_max = 1;
	assert_int_equal(send_from_stack(&layers, "10.0.0.2", 1), BERTH_DROP_NONE);
	assert_int_equal(send_from_stack(&layers, "10.0.0.2", 1), BERTH_DROP_PACKET_MEMORY);
	assert_int_equal(send_from_stack(&layers, "10.0.0.3", 1), BERTH_DROP_PACKET_MEMORY);
	assert_u64(layers.drops[BERTH_DROP_PACKET_MEMORY], 2);
	test_layers_close(&layers);
}

static void the_loopback_keeps_superframes_and_their_facts(void **state)
{
	struct test_layers layers;
	struct link_path path = {.interface_index = LINK_LOOPBACK};
	uint8_t room[LINK_HEADER_ROOM];
	struct outgoing out = outgoing_at(room + sizeof(room), 40);
	struct berth_frame frame;
	enum link_result kind;
	struct packet *packet;

	(void)state;
	test_layers_open(&layers);
	out.checksum = BERTH_CHECKSUM_PARTIAL;
	out.segmentation = BERTH_SEGMENTATION_TCP6;
	out.segment_bytes = 10;
	assert_int_equal(link_send(layers.link, &path, ETHERNET_TYPE_IPV6, &out, START),
			 BERTH_DROP_NONE);
	assert_false(link_has_queued(layers.link));
	packet = link_loopback_take(layers.link, &frame, &kind);
	assert_non_null(packet);
	assert_int_equal(kind, LINK_IPV6);
	assert_ptr_equal(frame.slice[0].data, packet_data(packet));
	assert_u64(frame.length, 64);
	assert_memory_equal((const uint8_t *)frame.slice[0].data + 24, ring, 40);
	assert_u64(frame.checksum, BERTH_CHECKSUM_PARTIAL);
	assert_u64(frame.checksum_start, 4);
	assert_u64(frame.checksum_offset, 16);
	assert_u64(frame.segmentation, BERTH_SEGMENTATION_TCP6);
	assert_u64(frame.segment_bytes, 10);
	assert_u64(frame.header_bytes, 24);
	packet_release(&layers.packets, packet);
	assert_null(link_loopback_take(layers.link, &frame, &kind));
	test_layers_close(&layers);
}

static void the_loopback_vouches_for_whole_checksums_and_is_bounded(void **state)
{
	struct test_layers layers;
	const struct berth_config config = {.queued_packets_max = 2};
	struct link_path path = {.interface_index = LINK_LOOPBACK};
	struct berth_frame frame;
	enum link_result kind;

	(void)state;
	test_layers_open_bare(&layers, &config);
	for (unsigned index = 0; index < 3; index++) {
		uint8_t room[LINK_HEADER_ROOM];
		struct outgoing out = outgoing_at(room + sizeof(room), index);

		assert_int_equal(link_send(layers.link, &path, ETHERNET_TYPE_IPV4, &out, START),
				 index < 2 ? BERTH_DROP_NONE : BERTH_DROP_OUTPUT_QUEUE_FULL);
	}
	assert_u64(layers.drops[BERTH_DROP_OUTPUT_QUEUE_FULL], 1);
	for (unsigned index = 0; index < 2; index++) {
		struct packet *packet = link_loopback_take(layers.link, &frame, &kind);

		assert_int_equal(kind, LINK_IPV4);
		assert_u64(frame.length, 24 + index);
		assert_u64(frame.checksum, BERTH_CHECKSUM_VALID);
		packet_release(&layers.packets, packet);
	}
	test_layers_close(&layers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fast_path_points_at_header_and_ring_and_acquires_nothing),
		cmocka_unit_test(each_frame_of_a_burst_has_its_own_header_room),
		cmocka_unit_test(a_path_remembers_where_its_neighbour_is),
		cmocka_unit_test(a_mac_nobody_told_is_not_known),
		cmocka_unit_test(groups_have_macs_without_asking),
		cmocka_unit_test(outside_a_burst_packets_are_copied_into_the_queue),
		cmocka_unit_test(an_owned_packet_is_queued_as_it_is),
		cmocka_unit_test(an_owned_packet_joins_a_burst_that_has_room),
		cmocka_unit_test(a_burst_never_exceeds_its_limit),
		cmocka_unit_test(the_output_queue_is_bounded),
		cmocka_unit_test(too_many_packets_for_one_mac_push_out_the_oldest),
		cmocka_unit_test(all_waiting_packets_together_are_bounded),
		cmocka_unit_test(a_full_neighbour_table_is_counted),
		cmocka_unit_test(without_memory_a_packet_is_dropped_and_counted),
		cmocka_unit_test(the_loopback_keeps_superframes_and_their_facts),
		cmocka_unit_test(the_loopback_vouches_for_whole_checksums_and_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
