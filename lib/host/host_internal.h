// SPDX-License-Identifier: MIT
//
// One computer: everything below, composed. The only folder that sees all of it.
#ifndef BERTH_HOST_INTERNAL_H
#define BERTH_HOST_INTERNAL_H

#include <berth/host.h>
#include <berth/inspect.h>

#include "../base/packet.h"
#include "../base/random.h"
#include "../ip/ip.h"
#include "../link/link.h"
#include "../port/port_space.h"
#include "../socket/socket_layer.h"
#include "../tcp/tcp.h"
#include "../udp/udp.h"

struct berth_host {
	struct memory memory;
	struct berth_config config; // zeros filled in
	struct buffer_pool buffers;
	struct packet_pool packets; // on their way to the cable, to a neighbour, to ourselves
	struct random random;
	struct port_space ports;
	struct link_layer *link;
	struct ip_layer *ip;
	struct udp_layer *udp;
	struct tcp_layer *tcp;
	struct socket_layer *sockets;
	bool loopback_waits;              // packets to ourselves were left over: host_receive.c
	uint64_t frames_in, bytes_in;     // host_receive.c
	uint64_t frames_out, bytes_out;   // host_transmit.c
	uint64_t drops[BERTH_DROP_COUNT]; // every layer
};

// host_receive.c: packets to ourselves, and what they cause, up to a bound. true: there were any.
bool host_deliver_loopback(struct berth_host *host, uint64_t now);
// Packets of ours that got nowhere: their senders hear it.
void host_report_unreachable(struct berth_host *host, uint64_t now);
// The end of every call: nothing is left lying that needs no time, and news are events.
void host_settle(struct berth_host *host, uint64_t now);

#endif
