// SPDX-License-Identifier: MIT
//
// Acting on what the neighbour cache decides: asking for MACs, letting waiting packets go, giving
// up.
//
// ARP and NDP meet here: both hear questions and answers, both are asked through link_act.
// Not here: states and deadlines (neighbor_cache.c), messages (neighbor_arp.c, neighbor_ndp.c).

#include "../base/assertion.h"
#include "../base/numbers.h"
#include "../wire/wire_address.h"
#include "../wire/wire_ipv4.h"
#include "../wire/wire_ipv6.h"
#include "link_layer.h"

struct neighbor *link_find_neighbor(struct interface *interface, struct link_path *path)
{
	struct berth_address address = address_without_scope(&path->next_hop);
	struct neighbor *neighbor = neighbor_cache_lookup(&interface->neighbors, &address);

	if (!neighbor)
		neighbor = neighbor_cache_insert(&interface->neighbors, &address);
	if (neighbor) {
		path->neighbor_slot = neighbor->slot;
		path->neighbor_generation = neighbor->generation;
	}
	return neighbor;
}

static bool source_of_packet(const uint8_t *packet, size_t length, uint8_t family,
			     struct berth_address *ret_source)
{
	struct ipv4_header ipv4;
	struct ipv6_header ipv6;

	if (family == BERTH_FAMILY_IPV4) {
		if (!ipv4_parse_quoted(packet, length, &ipv4))
			return false;
		*ret_source = ipv4.source;
		return true;
	}
	if (!ipv6_parse_quoted(packet, length, &ipv6))
		return false;
	*ret_source = ipv6.source;
	return true;
}

// DECIDES: in whose name a neighbour is asked (RFC 4861 7.2.2, RFC 1122 2.3.2.1)
//
// In that of the packet's source when that is ours here, so that the answer makes an entry for the
// address the neighbour will reply to; else in that of any address of this interface.
static struct berth_address choose_asker(const struct interface *interface, uint8_t family,
					 const uint8_t *packet, size_t length)
{
	struct berth_address source;
	const struct berth_address *first;

	if (source_of_packet(packet, length, family, &source) &&
	    interface_has_address(interface, &source))
		return source;
	first = interface_first_address(interface, family);
	return first ? *first : address_any(family);
}

enum neighbor_action link_use_neighbor(struct interface *interface, struct neighbor *neighbor,
				       const uint8_t *packet, size_t length, uint64_t now)
{
	bool is_first_use = neighbor->state == NEIGHBOR_STALE || neighbor->state == NEIGHBOR_FAILED;
	struct berth_address asker;

	if (!is_first_use)
		return NEIGHBOR_NOTHING;
	asker = choose_asker(interface, neighbor->address.family, packet, length);
	neighbor_set_asker(neighbor, &asker);
	return neighbor_on_send(&interface->neighbors, neighbor, now);
}

enum berth_drop link_wait_for_mac(struct link_layer *link, struct interface *interface,
				  struct neighbor *neighbor, struct queued_packet *queued,
				  uint64_t now)
{
	enum neighbor_action action =
		link_use_neighbor(interface, neighbor, packet_data(queued->packet),
				  packet_length(queued->packet), now);
	enum berth_drop result = BERTH_DROP_NONE;
	struct list_node *oldest;

	if (link->waiting >= link->waiting_max) {
		result = link_drop(link, BERTH_DROP_NEIGHBOR_QUEUE_FULL);
		queued_packet_release(link, queued);
	} else {
		link->waiting++;
		oldest = neighbor_wait(neighbor, &queued->node);
		if (oldest) {
			link->waiting--;
			link_drop(link, BERTH_DROP_NEIGHBOR_QUEUE_FULL);
			queued_packet_release(link,
					      CONTAINER_OF(oldest, struct queued_packet, node));
		}
	}
	link_act(link, interface, neighbor, action);
	return result;
}

static void send_what_waited(struct link_layer *link, struct interface *interface,
			     struct neighbor *neighbor)
{
	struct list_node *node;

	if (!neighbor_has_mac(neighbor))
		return;
	while ((node = neighbor_take_waiting(neighbor))) {
		link->waiting--;
		link_send_waiting(link, interface, &neighbor->mac,
				  CONTAINER_OF(node, struct queued_packet, node));
	}
}

void link_heard_question(struct link_layer *link, struct interface *interface,
			 const struct berth_address *sender, const struct berth_mac *mac,
			 bool may_insert)
{
	struct berth_address address = address_without_scope(sender);
	struct neighbor *neighbor = neighbor_cache_lookup(&interface->neighbors, &address);

	if (!neighbor && !may_insert)
		return;
	if (!neighbor)
		neighbor = neighbor_cache_insert(&interface->neighbors, &address);
	if (!neighbor) {
		link_drop(link, BERTH_DROP_NEIGHBOR_TABLE_FULL);
		return;
	}
	neighbor_on_question(&interface->neighbors, neighbor, mac);
	send_what_waited(link, interface, neighbor);
}

void link_heard_answer(struct link_layer *link, struct interface *interface,
		       struct neighbor *neighbor, const struct berth_mac *mac, bool solicited,
		       bool override, uint64_t now)
{
	neighbor_on_answer(&interface->neighbors, neighbor, mac, solicited, override, now);
	send_what_waited(link, interface, neighbor);
}

// RFC 4861 7.2.2, RFC 1122 2.3.2.2: whoever sent it will be told.
static void give_up(struct link_layer *link, struct neighbor *neighbor)
{
	struct list_node *node;

	while ((node = neighbor_take_waiting(neighbor))) {
		struct queued_packet *queued = CONTAINER_OF(node, struct queued_packet, node);

		link->waiting--;
		link_drop(link, BERTH_DROP_NEIGHBOR_UNREACHABLE);
		if (link_queue_is_full(&link->unreachable))
			queued_packet_release(link, queued);
		else
			link_queue_append(&link->unreachable, queued);
	}
}

static void ask_neighbor(struct link_layer *link, struct interface *interface,
			 const struct neighbor *neighbor, bool is_direct)
{
	if (neighbor->address.family == BERTH_FAMILY_IPV4) {
		arp_send_request(link, interface, neighbor,
				 is_direct ? &neighbor->mac : &ethernet_broadcast);
		return;
	}
	ndp_send_solicitation(link, interface, neighbor, is_direct ? &neighbor->mac : NULL);
}

void link_act(struct link_layer *link, struct interface *interface, struct neighbor *neighbor,
	      enum neighbor_action action)
{
	switch (action) {
	case NEIGHBOR_NOTHING:
		return;
	case NEIGHBOR_ASK_ALL:
		ask_neighbor(link, interface, neighbor, false);
		return;
	case NEIGHBOR_ASK_IT:
		ask_neighbor(link, interface, neighbor, true);
		return;
	case NEIGHBOR_GIVE_UP:
		give_up(link, neighbor);
		return;
	}
}

void link_neighbor_confirmed(struct link_layer *link, const struct link_path *path, uint64_t now)
{
	struct interface *interface = link_interface_at(link, path->interface_index);
	struct neighbor *neighbor;

	if (!interface)
		return; // the loopback
	neighbor = neighbor_cache_at(&interface->neighbors, path->neighbor_slot,
				     path->neighbor_generation);
	if (neighbor)
		neighbor_on_proof(&interface->neighbors, neighbor, now);
}
