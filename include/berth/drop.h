// SPDX-License-Identifier: MIT
//
// Drop reasons: every piece of a peer's nonsense ends in exactly one of these counters, by name.
// Never a log line, never an error to a program, never a crash.
#ifndef BERTH_DROP_H
#define BERTH_DROP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// name, sentence
#define BERTH_DROP_REASONS(X)                                                          \
	X(FRAME_TRUNCATED, "frame shorter than an Ethernet header")                    \
	X(FRAME_NOT_FOR_US, "Ethernet destination is another machine")                 \
	X(FRAME_SOURCE_INVALID, "Ethernet source is a group address")                  \
	X(FRAME_TYPE_UNKNOWN, "Ethernet type is neither ARP, IPv4 nor IPv6")           \
	X(FRAME_INTERFACE_UNKNOWN, "frame names an interface the host does not have")  \
	X(ARP_MALFORMED, "ARP packet is truncated or of a foreign kind")               \
	X(ARP_CONFLICT, "ARP sender claims one of our addresses")                      \
	X(NEIGHBOR_TABLE_FULL, "no room for another neighbour")                        \
	X(NEIGHBOR_QUEUE_FULL, "too many packets wait for this neighbour's MAC")       \
	X(NEIGHBOR_UNREACHABLE, "neighbour did not answer")                            \
	X(NDP_MALFORMED, "NDP message breaks a rule of RFC 4861")                      \
	X(IP_TRUNCATED, "IP packet shorter than its header says")                      \
	X(IP_VERSION, "IP version field does not match the Ethernet type")             \
	X(IP_HEADER_LENGTH, "IP header length is impossible")                          \
	X(IP_CHECKSUM, "IPv4 header checksum does not match")                          \
	X(IP_SOURCE_INVALID, "IP source is a group, loopback or broadcast address")    \
	X(IP_DESTINATION_NOT_OURS, "IP destination is another computer")               \
	X(IP_FRAGMENT, "IP fragment: reassembly is not offered")                       \
	X(IP_EXTENSION_MALFORMED, "IPv6 extension header is broken or too many")       \
	X(IP_PROTOCOL_UNKNOWN, "IP protocol is neither ICMP, TCP nor UDP")             \
	X(IP_NO_ROUTE, "no route to the destination")                                  \
	X(IP_TOO_LONG, "packet exceeds the path's MTU")                                \
	X(ICMP_MALFORMED, "ICMP message truncated or of wrong form")                   \
	X(ICMP_CHECKSUM, "ICMP checksum does not match")                               \
	X(ICMP_TYPE_UNKNOWN, "ICMP type nobody here handles")                          \
	X(ICMP_ERROR_UNRELATED, "ICMP error quotes nothing we sent")                   \
	X(ICMP_RATE_LIMITED, "ICMP error not sent: rate limit")                        \
	X(UDP_MALFORMED, "UDP length is impossible")                                   \
	X(UDP_CHECKSUM, "UDP checksum does not match")                                 \
	X(UDP_NO_PORT, "no program holds this UDP port")                               \
	X(UDP_QUEUE_FULL, "UDP socket's receive queue is full")                        \
	X(TCP_MALFORMED, "TCP header or options are impossible")                       \
	X(TCP_CHECKSUM, "TCP checksum does not match")                                 \
	X(TCP_NO_PORT, "no program holds this TCP port")                               \
	X(TCP_FLAGS_INVALID, "combination of TCP flags that means nothing here")       \
	X(TCP_OUTSIDE_WINDOW, "segment outside the receive window")                    \
	X(TCP_PAWS, "timestamp older than the last one: PAWS")                         \
	X(TCP_ACK_INVALID, "acknowledges what was never sent, or is too old")          \
	X(TCP_NO_ACK, "segment without ACK on a synchronized connection")              \
	X(TCP_RST_INVALID, "RST whose sequence number is not exactly right")           \
	X(TCP_SYN_CHALLENGED, "SYN on a synchronized connection")                      \
	X(TCP_DATA_AFTER_CLOSE, "data for a program that has closed")                  \
	X(TCP_BACKLOG_FULL, "SYN refused: the listener's queue is full")               \
	X(TCP_EMBRYO_LIMIT, "SYN refused: too many half-open connections")             \
	X(TCP_CONNECTION_LIMIT, "connection refused: limit of the host")               \
	X(TCP_TIME_WAIT, "segment for a connection in TIME-WAIT")                      \
	X(TCP_CHALLENGE_LIMITED, "challenge ACK not sent: rate limit")                 \
	X(TCP_RESET_LIMITED, "RST not sent: rate limit")                               \
	X(TCP_RECEIVE_MEMORY, "no memory for received bytes: they will be sent again") \
	X(TCP_OUT_OF_ORDER_LIMIT, "too many holes in the received bytes")              \
	X(PACKET_MEMORY, "no memory for a packet")                                     \
	X(OUTPUT_QUEUE_FULL, "too many packets wait for the cable")

enum berth_drop {
#define BERTH_DROP_ENUM(name, sentence) BERTH_DROP_##name,
	BERTH_DROP_REASONS(BERTH_DROP_ENUM)
#undef BERTH_DROP_ENUM
		BERTH_DROP_COUNT,
	BERTH_DROP_NONE = BERTH_DROP_COUNT, // not dropped
};

// "tcp-checksum", and the sentence above. NULL for a number that is no reason.
const char *berth_drop_name(enum berth_drop reason);
const char *berth_drop_sentence(enum berth_drop reason);

#ifdef __cplusplus
}
#endif

#endif
