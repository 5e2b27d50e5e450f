// SPDX-License-Identifier: MIT
//
// What does an ICMP or ICMPv6 message say, NDP included?
#ifndef BERTH_TRACE_ICMP_H
#define BERTH_TRACE_ICMP_H

#include "trace_packet.h"

// Fills info and payload_bytes of line, whose protocol is 1 or 58. false: it cannot be read, and
// info says why.
bool trace_icmp_read(const struct trace_packet *packet, struct berth_trace_line *line);

#endif
