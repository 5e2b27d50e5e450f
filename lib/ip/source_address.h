// SPDX-License-Identifier: MIT
//
// From which of our addresses does a packet to a stranger come?
#ifndef BERTH_IP_SOURCE_ADDRESS_H
#define BERTH_IP_SOURCE_ADDRESS_H

#include "ip_addresses.h"

// The best of ours for target, reached by next_hop through interface. NULL: none of its family.
const struct berth_address *source_address_choose(const struct ip_addresses *addresses,
						  int interface_index,
						  const struct berth_address *target,
						  const struct berth_address *next_hop);

#endif
