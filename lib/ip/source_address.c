// SPDX-License-Identifier: MIT
//
// Source address selection: RFC 6724 5 for IPv6, RFC 1122 3.3.4.3 for IPv4.
//
// Candidates are all addresses of the host (it accepts packets to any of them on any interface),
// but link-local ones only on their own interface. Rules 3 (deprecated), 4 (home), 5.5 (prefix of
// the next hop) and 7 (temporary) have nothing to choose from here: our addresses are configured.

#include "source_address.h"

#include "../base/numbers.h"
#include "../wire/wire_address.h"

// RFC 6724 3.1, RFC 4291 2.7
enum address_scope {
	SCOPE_LINK_LOCAL = 2,
	SCOPE_SITE_LOCAL = 5,
	SCOPE_GLOBAL = 14,
};

struct policy {
	struct berth_address prefix;
	uint8_t prefix_bits;
	uint8_t label;
};

// RFC 6724 2.1, the default policy table, longest prefix first.
static const struct policy policies[] = {
	{{.family = BERTH_FAMILY_IPV6, .byte = {[15] = 1}}, 128, 0},
	{{.family = BERTH_FAMILY_IPV6, .byte = {[10] = 0xff, 0xff}}, 96, 4},
	{{.family = BERTH_FAMILY_IPV6}, 96, 3},
	{{.family = BERTH_FAMILY_IPV6, .byte = {0x20, 0x01}}, 32, 5},
	{{.family = BERTH_FAMILY_IPV6, .byte = {0x20, 0x02}}, 16, 2},
	{{.family = BERTH_FAMILY_IPV6, .byte = {0x3f, 0xfe}}, 16, 12},
	{{.family = BERTH_FAMILY_IPV6, .byte = {0xfe, 0xc0}}, 10, 11},
	{{.family = BERTH_FAMILY_IPV6, .byte = {0xfc, 0x00}}, 7, 13},
	{{.family = BERTH_FAMILY_IPV6}, 0, 1},
};

static unsigned scope_of(const struct berth_address *address)
{
	if (address_is_multicast(address))
		return address->byte[1] & 0x0fu;
	if (address_is_loopback(address) || address_is_link_local(address))
		return SCOPE_LINK_LOCAL;
	if (address->byte[0] == 0xfe && (address->byte[1] & 0xc0) == 0xc0)
		return SCOPE_SITE_LOCAL;
	return SCOPE_GLOBAL;
}

static unsigned label_of(const struct berth_address *address)
{
	unsigned index = 0;

	while (!address_in_prefix(address, &policies[index].prefix, policies[index].prefix_bits))
		index++; // the last one holds every address
	return policies[index].label;
}

// RFC 6724 2.2: not beyond the prefix of the source.
static unsigned common_prefix_bits(const struct ip_own_address *source,
				   const struct berth_address *target)
{
	unsigned bits = 0;

	while (bits < source->prefix_bits &&
	       address_in_prefix(target, &source->address, (uint8_t)(bits + 1)))
		bits++;
	return bits;
}

// DECIDES: is this IPv6 source better than the best so far (RFC 6724 5)
static bool is_better_source(const struct ip_own_address *candidate,
			     const struct ip_own_address *best, int interface_index,
			     const struct berth_address *target)
{
	unsigned target_scope = scope_of(target);
	unsigned scope = scope_of(&candidate->address);
	unsigned best_scope = scope_of(&best->address);
	bool is_there = candidate->interface_index == interface_index;
	bool best_is_there = best->interface_index == interface_index;
	bool has_label, best_has_label;

	if (scope < best_scope) // rule 2
		return scope >= target_scope;
	if (best_scope < scope)
		return best_scope < target_scope;
	if (is_there != best_is_there) // rule 5
		return is_there;
	has_label = label_of(&candidate->address) == label_of(target); // rule 6
	best_has_label = label_of(&best->address) == label_of(target);
	if (has_label != best_has_label)
		return has_label;
	return common_prefix_bits(candidate, target) > common_prefix_bits(best, target); // rule 8
}

static const struct berth_address *choose_ipv6(const struct ip_addresses *addresses,
					       int interface_index,
					       const struct berth_address *target)
{
	const struct ip_own_address *best = NULL;

	for (uint32_t index = 0; index < addresses->count; index++) {
		const struct ip_own_address *own = &addresses->entries[index];

		if (own->address.family != BERTH_FAMILY_IPV6)
			continue;
		if (address_needs_scope(&own->address) && own->interface_index != interface_index)
			continue;
		if (!best || is_better_source(own, best, interface_index, target))
			best = own;
	}
	return best ? &best->address : NULL;
}

// DECIDES: how good an IPv4 source is (RFC 1122 3.3.4.3)
static unsigned rank_ipv4(const struct ip_own_address *own, int interface_index,
			  const struct berth_address *target, const struct berth_address *next_hop)
{
	if (own->interface_index != interface_index)
		return 1;
	if (address_in_prefix(target, &own->address, own->prefix_bits) ||
	    address_in_prefix(next_hop, &own->address, own->prefix_bits))
		return 3;
	return 2;
}

static const struct berth_address *choose_ipv4(const struct ip_addresses *addresses,
					       int interface_index,
					       const struct berth_address *target,
					       const struct berth_address *next_hop)
{
	const struct berth_address *best = NULL;
	unsigned best_rank = 0;

	for (uint32_t index = 0; index < addresses->count; index++) {
		const struct ip_own_address *own = &addresses->entries[index];
		unsigned rank;

		if (own->address.family != BERTH_FAMILY_IPV4)
			continue;
		rank = rank_ipv4(own, interface_index, target, next_hop);
		if (rank > best_rank) {
			best = &own->address;
			best_rank = rank;
		}
	}
	return best;
}

const struct berth_address *source_address_choose(const struct ip_addresses *addresses,
						  int interface_index,
						  const struct berth_address *target,
						  const struct berth_address *next_hop)
{
	if (target->family == BERTH_FAMILY_IPV4)
		return choose_ipv4(addresses, interface_index, target, next_hop);
	return choose_ipv6(addresses, interface_index, target);
}
