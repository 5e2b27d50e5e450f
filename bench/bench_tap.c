// SPDX-License-Identifier: MIT
//
// Bulk over a TAP: a native program of berth's (libberth in this process, no daemon, no socket
// pair) against the kernel's TCP in a child process. The same work as iperf3: 128 KiB writes for
// some seconds. Runs in a network namespace of the caller's making.
//
// usage: bench_tap out|in SECONDS      out: berth sends. Prints GB/s of payload.
#include <arpa/inet.h>
#include <berth/berth.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../devices/device_tap.h"
#include "bench_clock.h"

#define PORT 5001
#define WRITE_BYTES 131072
#define MIN_SPACE 65536

struct bench {
	struct berth_host *host;
	struct device *tap;
	berth_socket listener, stream;
	bool sends;
	uint64_t moved;
};

static void *acquire(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void release(void *context, void *memory, size_t size)
{
	(void)context;
	(void)size;
	free(memory);
}

static void die(const char *words)
{
	fprintf(stderr, "bench_tap: %s: %s\n", words, strerror(errno));
	exit(1);
}

// The kernel's side: connect, then send or read until the other side ends.
static void run_kernel_peer(bool reads)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	static char bytes[WRITE_BYTES];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	inet_pton(AF_INET, "10.7.0.2", &address.sin_addr);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("connect");
	while ((reads ? read(fd, bytes, sizeof(bytes)) : write(fd, bytes, sizeof(bytes))) > 0)
		;
	_exit(0);
}

static void open_bench(struct bench *bench)
{
	struct berth_config config = {.allocator = {acquire, release, NULL}, .seed = {1, 2}};
	struct berth_interface_config interface = {
		.mac = {{2, 0, 0, 0, 7, 2}}, .mtu = 1500, .name = "tap"};
	struct berth_address kernel = berth_ipv4(10, 7, 0, 1), ours = berth_ipv4(10, 7, 0, 2);
	struct berth_endpoint at = {.address = ours, .port = PORT};
	char error[DEVICE_ERROR_TEXT_MAX];

	bench->tap = device_tap_open("tapbench", error, sizeof(error));
	if (!bench->tap) {
		fprintf(stderr, "bench_tap: %s\n", error);
		exit(1);
	}
	if (device_tap_set_address(bench->tap, &kernel, 24) < 0 ||
	    device_tap_set_up(bench->tap) < 0)
		die("tap");
	interface.offloads = bench->tap->offloads;
	bench->host = berth_host_new(&config);
	if (!bench->host || berth_host_add_interface(bench->host, &interface) < 0 ||
	    berth_host_add_address(bench->host, 0, &ours, 24) < 0 ||
	    berth_socket_open(bench->host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP,
			      &bench->listener) < 0 ||
	    berth_socket_bind(bench->host, bench->listener, &at, NULL) < 0 ||
	    berth_socket_listen(bench->host, bench->listener, 1, bench_now_ns()) < 0)
		die("host");
}

static void fill(struct bench *bench, uint64_t now_ns)
{
	struct berth_slice slices[2];
	int64_t room;

	while ((room = berth_socket_send_space(bench->host, bench->stream, MIN_SPACE, slices,
					       now_ns)) > 0) {
		memset((void *)(uintptr_t)slices[0].data, 'b', slices[0].length); // the one copy in
		if ((uint64_t)room > slices[0].length)
			memset((void *)(uintptr_t)slices[1].data, 'b', slices[1].length);
		berth_socket_send_commit(bench->host, bench->stream, (size_t)room, 0, now_ns);
		bench->moved += (uint64_t)room;
	}
}

static void drain(struct bench *bench, uint64_t now_ns)
{
	static uint8_t sink[WRITE_BYTES];
	int64_t length;

	while ((length = berth_socket_receive(bench->host, bench->stream, sink, sizeof(sink),
					      now_ns)) > 0)
		bench->moved += (uint64_t)length;
}

static void take_events(struct bench *bench, uint64_t now_ns)
{
	struct berth_event event;

	while (berth_host_next_event(bench->host, &event))
		if (event.what & BERTH_EVENT_ACCEPTABLE)
			berth_socket_accept(bench->host, bench->listener, &bench->stream, NULL,
					    now_ns);
	if (bench->stream && bench->sends)
		fill(bench, now_ns);
	else if (bench->stream)
		drain(bench, now_ns);
}

static void turn(struct bench *bench)
{
	struct berth_frame frames[BERTH_BURST_MAX];
	uint64_t now_ns = bench_now_ns();
	ssize_t count;
	size_t out;

	count = device_receive(bench->tap, frames, DEVICE_BURST_MAX);
	if (count > 0)
		berth_host_receive(bench->host, frames, (size_t)count, now_ns);
	berth_host_advance(bench->host, now_ns);
	take_events(bench, now_ns);
	while ((out = berth_host_transmit(bench->host, frames, BERTH_BURST_MAX, now_ns)) > 0)
		device_transmit(bench->tap, frames, out, NULL);
	if (count == 0) {
		struct pollfd readable = {.fd = bench->tap->fd, .events = POLLIN};

		poll(&readable, 1, 1);
	}
}

int main(int argc, char **argv)
{
	struct bench bench = {0};
	uint64_t began, seconds, before;
	pid_t child;

	if (argc != 3 || (seconds = strtoull(argv[2], NULL, 10)) == 0 ||
	    (strcmp(argv[1], "out") != 0 && strcmp(argv[1], "in") != 0)) {
		fprintf(stderr, "usage: bench_tap out|in SECONDS\n");
		return 2;
	}
	bench.sends = strcmp(argv[1], "out") == 0;
	open_bench(&bench);
	child = fork();
	if (child == 0)
		run_kernel_peer(bench.sends);
	began = bench_now_ns();
	while (!bench.stream && bench_now_ns() - began < 5000000000u)
		turn(&bench);
	if (!bench.stream) {
		fprintf(stderr, "bench_tap: the kernel did not connect\n");
		return 1;
	}
	began = bench_now_ns();
	before = bench.moved;
	while (bench_now_ns() - began < seconds * 1000000000u)
		turn(&bench);
	printf("%.2f\n", (double)(bench.moved - before) / (double)(bench_now_ns() - began));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	berth_host_free(bench.host);
	device_close(bench.tap);
	return 0;
}
