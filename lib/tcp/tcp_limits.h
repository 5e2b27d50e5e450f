// SPDX-License-Identifier: MIT
//
// Which constants, and why? Every number TCP lives by has its home, unit and source here.
#ifndef BERTH_TCP_LIMITS_H
#define BERTH_TCP_LIMITS_H

#include "../base/time_units.h"

#define TCP_RTO_INITIAL_NS (1 * NS_PER_S)   // RFC 6298 2.1
#define TCP_RTO_MIN_NS (200 * NS_PER_MS)    // RFC 6298 2.4 says 1 s; every system uses less
#define TCP_RTO_MAX_NS (120 * NS_PER_S)     // RFC 6298 2.5: at least 60 s
#define TCP_RTO_GRANULARITY_NS NS_PER_MS    // RFC 6298 2: G
#define TCP_SYN_RETRIES 6u                  // connect gives up after about 127 s, as Linux
#define TCP_SYN_ACK_RETRIES 5u              // a half-open connection lives about 63 s
#define TCP_DATA_RETRIES 15u                // RFC 9293 3.8.3 R2: at least 100 s
#define TCP_ORPHAN_RETRIES 8u               // with no program waiting, give up sooner
#define TCP_DELAYED_ACK_NS (40 * NS_PER_MS) // RFC 9293 3.8.6.3: below 500 ms
#define TCP_QUICK_ACKS 16u                  // acknowledged at once: the peer slow-starts
#define TCP_INITIAL_WINDOW_SEGMENTS 10u     // RFC 6928
#define TCP_CWND_AFTER_RTO_SEGMENTS 1u      // RFC 5681 3.1: loss window
#define TCP_DUPLICATE_ACKS 3u               // RFC 5681 3.2, DupThresh
#define TCP_MSS_DEFAULT_IPV4 536u           // RFC 9293 3.7.1
#define TCP_MSS_DEFAULT_IPV6 1220u
#define TCP_MSS_MIN 48u                                 // a peer's smaller offer is raised to this
#define TCP_WINDOW_SCALE_MAX 14u                        // RFC 7323 2.3
#define TCP_TIMESTAMP_TICK_NS NS_PER_MS                 // RFC 7323 5.4: 1 ms to 1 s
#define TCP_PAWS_IDLE_NS (24ull * 24 * 3600 * NS_PER_S) // RFC 7323 5.5: 24 days
#define TCP_KEEPALIVE_IDLE_NS (7200 * NS_PER_S)         // RFC 9293 3.8.4: at least 2 h
#define TCP_KEEPALIVE_INTERVAL_NS (75 * NS_PER_S)
#define TCP_KEEPALIVE_PROBES 9u
#define TCP_PERSIST_MAX_NS (60 * NS_PER_S)
#define TCP_PERSIST_RETRIES 15u
#define TCP_FIN_WAIT_2_NS (60 * NS_PER_S)             // with no program waiting
#define TCP_TIME_WAIT_NS (60 * NS_PER_S)              // 2 MSL with MSL 30 s, as Linux
#define TCP_CHALLENGE_ACKS_PER_S 1000u                // RFC 5961 7: per host
#define TCP_INVALID_ACK_INTERVAL_NS (500 * NS_PER_MS) // per connection
#define TCP_RESETS_PER_S 1000u                        // answers to segments for nobody
#define TCP_BACKLOG_MAX 4096u
#define TCP_LOSS_PROBE_MIN_NS (10 * NS_PER_MS) // RFC 8985 7.2
#define TCP_RACK_MIN_RTT_WINDOW_NS (300 * NS_PER_S)
#define TCP_SEND_BUFFER_INITIAL_BYTES (16u << 10)
#define TCP_SEND_BUFFER_MIN_BYTES 4608u
#define TCP_SUPERFRAME_BYTES_MAX 62780u // 43 x 1460: whole segments in one IP packet
#define TCP_TRANSMIT_QUANTUM 16u        // segments before the next connection's turn

#endif
