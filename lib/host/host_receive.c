// SPDX-License-Identifier: MIT
//
// A frame came in: where does it go? The whole way on one page.
//
//     frame -> link_receive -> ip_receive -> udp_receive or tcp_receive -> news -> events
//
// Packets to ourselves go the same way from ip on. They are delivered inside the call that sent
// them, a bounded number at a time: a host that talks to itself must not keep its embedder for
// ever.
#include "host_internal.h"

#include "../socket/socket_layer.h"

#define LOOPBACK_PACKETS_MAX 256 // delivered in one go
#define UNREACHABLE_MAX 64       // reported in one go

static void deliver_error(struct berth_host *host, const struct ip_error *error, uint64_t now)
{
	if (error->protocol == BERTH_PROTOCOL_TCP)
		tcp_on_error(host->tcp, error, now);
	else if (error->protocol == BERTH_PROTOCOL_UDP)
		udp_on_error(host->udp, error, now);
}

static void deliver_packet(struct berth_host *host, enum link_result kind,
			   const struct slices *bytes, const struct berth_frame *frame,
			   int interface_index, uint64_t now)
{
	struct ip_packet packet;
	struct ip_error error;

	switch (ip_receive(host->ip, kind, bytes, frame, interface_index, now, &packet, &error)) {
	case IP_CONSUMED:
		break;
	case IP_TCP:
		tcp_receive(host->tcp, &packet, now);
		break;
	case IP_UDP:
		udp_receive(host->udp, &packet, now);
		break;
	case IP_ERROR:
		deliver_error(host, &error, now);
		break;
	}
}

static void receive_frame(struct berth_host *host, const struct berth_frame *frame, uint64_t now)
{
	struct slices packet;
	enum link_result kind = link_receive(host->link, frame, now, &packet);

	host->frames_in++;
	host->bytes_in += frame->length;
	if (kind != LINK_CONSUMED)
		deliver_packet(host, kind, &packet, frame, frame->interface_index, now);
}

static void deliver_to_ourselves(struct berth_host *host, struct packet *packet,
				 const struct berth_frame *frame, enum link_result kind,
				 uint64_t now)
{
	struct slices bytes = {0};

	bytes.part[0].data = packet_data(packet);
	bytes.part[0].length = packet_length(packet);
	bytes.count = 1;
	bytes.length = packet_length(packet);
	deliver_packet(host, kind, &bytes, frame, LINK_LOOPBACK, now);
	packet_release(&host->packets, packet);
}

bool host_deliver_loopback(struct berth_host *host, uint64_t now)
{
	struct berth_frame frame;
	enum link_result kind;
	int delivered;

	for (delivered = 0; delivered < LOOPBACK_PACKETS_MAX; delivered++) {
		struct packet *packet = link_loopback_take(host->link, &frame, &kind);

		if (!packet)
			break;
		deliver_to_ourselves(host, packet, &frame, kind, now);
	}
	host->loopback_waits = delivered == LOOPBACK_PACKETS_MAX;
	return delivered != 0;
}

void host_report_unreachable(struct berth_host *host, uint64_t now)
{
	struct ip_error error;

	for (int i = 0; i < UNREACHABLE_MAX && ip_next_unreachable(host->ip, now, &error); i++)
		deliver_error(host, &error, now);
}

void host_settle(struct berth_host *host, uint64_t now)
{
	host_deliver_loopback(host, now);
	host_report_unreachable(host, now);
	socket_collect_changes(host->sockets);
}

void berth_host_receive(struct berth_host *host, const struct berth_frame *frames, size_t count,
			uint64_t now)
{
	for (size_t i = 0; i < count; i++)
		receive_frame(host, &frames[i], now);
	host_settle(host, now);
}
