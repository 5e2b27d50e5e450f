// SPDX-License-Identifier: MIT
//
// Front door of port/: which program? One holder a port.
//
// A claim is (protocol, address, port) held by one socket. Two claims on one protocol and port
// conflict when their addresses overlap (any overlaps all of its family; an IPv6 any without V6ONLY
// overlaps IPv4 too), unless both allow it: SO_REUSEPORT on both, same owner; or SO_REUSEADDR on
// both and, for TCP, neither listening (Linux's rules, socket(7)).
#ifndef BERTH_PORT_PORT_SPACE_H
#define BERTH_PORT_PORT_SPACE_H

#include <berth/address.h>
#include <berth/port.h>

#include "../base/hash_table.h"
#include "../base/random.h"

struct port_claim {
	struct hash_node node;
	struct berth_address address; // any: family says which, NONE never
	uint64_t holder_tag;
	uint16_t port; // 0: not in the space
	uint8_t protocol;
	bool v6only, reuse_address, reuse_port, is_listening;
	bool is_connection; // taken by connecting, not bind: its like share it, remotes differ
};

struct port_space {
	struct hash_table claims; // by protocol and port
	struct siphash_key key;
	struct random *random;
	uint16_t ephemeral_low, ephemeral_high;
	uint32_t *ephemeral_offsets; // RFC 6056 3.3.4, algorithm 4
	struct memory *memory;
};

bool port_space_init(struct port_space *space, struct memory *memory, struct random *random,
		     uint16_t ephemeral_low, uint16_t ephemeral_high);
void port_space_clear(struct port_space *space);

// Enter claim, whose address, protocol and flags are filled in, on port (not 0). 0, or -EADDRINUSE
// with *ret_holder set to the conflicting claim.
int port_space_claim(struct port_space *space, struct port_claim *claim, uint16_t port,
		     const struct port_claim **ret_holder);
// Enter claim on a free ephemeral port. 0, or -EADDRINUSE when every one is taken.
int port_space_claim_any(struct port_space *space, struct port_claim *claim);
// A claimed TCP port is about to listen: conflicts that were tolerated may not be now.
int port_space_listen(struct port_space *space, struct port_claim *claim,
		      const struct port_claim **ret_holder);
// Flags changed after binding (SO_REUSEADDR …) need no call: they are read at the next conflict.
void port_space_release(struct port_space *space, struct port_claim *claim);
// The claim at from, entered or not, stands at to from now on; from is out of the space.
void port_space_move(struct port_space *space, struct port_claim *from, struct port_claim *to);

// Outgoing connections may share a local port when the remote differs. The attempt-th candidate
// port for this pair of addresses and remote port (RFC 6056 3.3.4); the caller checks its own table
// and claims. Attempts 0 .. (high-low) visit every ephemeral port once.
uint16_t port_space_candidate(struct port_space *space, uint8_t protocol,
			      const struct berth_address *local,
			      const struct berth_endpoint *remote, uint32_t attempt);

#endif
