// SPDX-License-Identifier: MIT
//
// What the transcript programs share.
//
// A transcript program makes socket calls and prints what they return. It is run twice, on the
// kernel and under berth, and must print the same. It drives both ends of its connections itself:
// its own sockets are "here", and sockets "there" are opened by a second process, on another host
// when there are two, and passed over as descriptors.
//
// From the environment: TRANSCRIPT_HERE and TRANSCRIPT_THERE, the IPv4 addresses of the two sides
// (default 127.0.0.1 and 127.0.0.2), TRANSCRIPT_HERE6 and TRANSCRIPT_THERE6 (default ::1), and
// TRANSCRIPT_PEER_HOST, the second one's BERTH_HOST.
#ifndef BERTH_TESTS_TRANSCRIPT_H
#define BERTH_TESTS_TRANSCRIPT_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

// Begin: line buffering, an alarm against hanging, the other side's process.
void begin(const char *name);

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
// "what = 5", or "what = -1 ECONNRESET" with errno as it is.
long say_result(const char *what, long result);
// "what: IN OUT RDHUP", everything poll says now.
void say_events(const char *what, int fd);
// "what: here port" with the port as one of: 0, the one expected, other.
void say_address(const char *what, const struct sockaddr *address, socklen_t length,
		 int expected_port);
// SO_ERROR by name.
void say_error(const char *what, int fd);

// Let everything under way arrive.
void settle(void);
// Wait at most two seconds for one of events.
bool wait_for(int fd, short events);

int open_here(int type);
int open_there(int type);
int open_there_of(int domain, int type);
struct sockaddr_in address_here(int port);
struct sockaddr_in address_there(int port);
struct sockaddr_in6 address6_here(int port);
struct sockaddr_in6 address6_there(int port);
// The port a socket is bound to.
int port_of(int fd);

// A listener here on any port.
int listen_here(int *ret_port);
// A connection from there to here.
void connect_pair(int *ret_here, int *ret_there);
// A UDP socket here (there) bound to any port of its address.
int bind_here(int *ret_port);
int bind_there(int *ret_port);
void set_nonblocking(int fd, bool on);
// Close with a RST.
void close_with_reset(int fd);
// End with a line if the condition does not hold.
void need(bool condition, const char *what);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ADDRESS(in) ((struct sockaddr *)&(in)), (socklen_t)sizeof(in)

#endif
