// SPDX-License-Identifier: MIT
//
// Socket options: Linux's names and numbers, so that whoever carries a program's call to a host
// translates nothing. A test holds each against the system's own headers.
#ifndef BERTH_OPTION_H
#define BERTH_OPTION_H

// level                                   takes
#define BERTH_SOL_SOCKET 1
#define BERTH_SO_DEBUG 1       //          int, ignored
#define BERTH_SO_REUSEADDR 2   //          int bool
#define BERTH_SO_TYPE 3        // read:    1 stream, 2 datagram
#define BERTH_SO_ERROR 4       // read:    pending error, cleared by reading
#define BERTH_SO_DONTROUTE 5   //          int bool
#define BERTH_SO_BROADCAST 6   //          int bool
#define BERTH_SO_SNDBUF 7      //          int bytes, doubled as Linux does
#define BERTH_SO_RCVBUF 8      //          int bytes, doubled as Linux does
#define BERTH_SO_KEEPALIVE 9   //          int bool
#define BERTH_SO_OOBINLINE 10  //          int bool
#define BERTH_SO_PRIORITY 12   //          int
#define BERTH_SO_LINGER 13     //          struct berth_linger
#define BERTH_SO_REUSEPORT 15  //          int bool
#define BERTH_SO_RCVLOWAT 18   //          int bytes
#define BERTH_SO_SNDLOWAT 19   // read:    int bytes, always 1
#define BERTH_SO_ACCEPTCONN 30 // read:    int bool
#define BERTH_SO_PROTOCOL 38   // read:    6 or 17
#define BERTH_SO_DOMAIN 39     // read:    2 (AF_INET) or 10 (AF_INET6)
#define BERTH_SO_INCOMING_CPU 49

#define BERTH_IPPROTO_IP 0
#define BERTH_IP_TOS 1
#define BERTH_IP_TTL 2
#define BERTH_IP_PKTINFO 8
#define BERTH_IP_MTU_DISCOVER 10
#define BERTH_IP_RECVERR 11
#define BERTH_IP_MTU 14
#define BERTH_IP_FREEBIND 15
#define BERTH_IP_BIND_ADDRESS_NO_PORT 24

#define BERTH_IPPROTO_IPV6 41
#define BERTH_IPV6_UNICAST_HOPS 16
#define BERTH_IPV6_MTU_DISCOVER 23
#define BERTH_IPV6_MTU 24
#define BERTH_IPV6_RECVERR 25
#define BERTH_IPV6_V6ONLY 26
#define BERTH_IPV6_TCLASS 67

#define BERTH_IPPROTO_TCP 6
#define BERTH_TCP_NODELAY 1        // int bool
#define BERTH_TCP_MAXSEG 2         // int bytes
#define BERTH_TCP_CORK 3           // int bool
#define BERTH_TCP_KEEPIDLE 4       // int seconds
#define BERTH_TCP_KEEPINTVL 5      // int seconds
#define BERTH_TCP_KEEPCNT 6        // int
#define BERTH_TCP_SYNCNT 7         // int
#define BERTH_TCP_LINGER2 8        // int seconds
#define BERTH_TCP_DEFER_ACCEPT 9   // int seconds
#define BERTH_TCP_WINDOW_CLAMP 10  // int bytes
#define BERTH_TCP_INFO 11          // read: struct berth_tcp_info
#define BERTH_TCP_QUICKACK 12      // int bool
#define BERTH_TCP_CONGESTION 13    // text: "cubic" or "reno"
#define BERTH_TCP_USER_TIMEOUT 18  // int milliseconds
#define BERTH_TCP_NOTSENT_LOWAT 25 // int bytes

#define BERTH_IPPROTO_UDP 17

struct berth_linger {
	int enabled;
	int seconds;
};

#endif
