// SPDX-License-Identifier: MIT
//
// Hosts: making them, ending them, driving them.
//
// Driving is the library's contract in one place: frames from the cable in, time, events to the
// slots, frames to the cable out, in bursts, until the host is quiet or has had its share of this
// turn.
#include "daemon_host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"

static void *host_acquire(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void host_release(void *context, void *memory, size_t size)
{
	(void)context;
	(void)size;
	free(memory);
}

struct berth_allocator daemon_host_allocator(void)
{
	struct berth_allocator allocator = {host_acquire, host_release, NULL};

	return allocator;
}

// Locally administered, of one machine, and the same each time for the same name: FNV-1a.
static struct berth_mac mac_from_name(const char *name)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	struct berth_mac mac;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * UINT64_C(1099511628211);
	hash ^= hash >> 48;
	for (int i = 0; i < 6; i++)
		mac.byte[i] = (uint8_t)(hash >> (8 * i));
	mac.byte[0] = (uint8_t)((mac.byte[0] & 0xfc) | 0x02);
	return mac;
}

static bool mac_is_zero(const struct berth_mac *mac)
{
	static const struct berth_mac zero;

	return memcmp(mac, &zero, sizeof(zero)) == 0;
}

static bool name_is_good(const char *name)
{
	size_t length = strnlen(name, BERTH_HOST_NAME_MAX);

	if (length == 0 || length >= BERTH_HOST_NAME_MAX)
		return false;
	for (size_t i = 0; i < length; i++) {
		char letter = name[i];

		if (!((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
		      (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' ||
		      letter == '.'))
			return false;
	}
	return true;
}

static struct daemon_host *host_named(struct daemon *daemon, const char *name)
{
	for (uint32_t i = 0; i < daemon->hosts.used_max; i++) {
		struct daemon_host *host = daemon->hosts.by_index[i];

		if (host && strcmp(host->name, name) == 0)
			return host;
	}
	return NULL;
}

static int request_check(struct daemon *daemon, const struct berth_host_request *request,
			 char *message, size_t size)
{
	if (!name_is_good(request->name)) {
		snprintf(message, size, "a host's name is 1 to %d letters, digits, '-', '_' or '.'",
			 BERTH_HOST_NAME_MAX - 1);
		return EINVAL;
	}
	if (host_named(daemon, request->name)) {
		snprintf(message, size, "there is a host %s already", request->name);
		return EEXIST;
	}
	if (strnlen(request->link, sizeof(request->link)) == sizeof(request->link) ||
	    strnlen(request->congestion, sizeof(request->congestion)) ==
		    sizeof(request->congestion) ||
	    request->address_count > 4 || request->route_count > 8) {
		snprintf(message, size, "a host has at most 4 addresses and 8 routes");
		return EINVAL;
	}
	return 0;
}

// Two hosts on one cable with the same address or MAC would steal each other's frames.
static int neighbors_check(struct daemon *daemon, const struct daemon_host *host,
			   const struct berth_host_request *request, char *message, size_t size)
{
	struct daemon_host *other = NULL;
	char text[BERTH_ADDRESS_TEXT_MAX];

	while ((other = daemon_cable_neighbor(daemon, &host->plug, other))) {
		if (memcmp(&other->mac, &host->mac, sizeof(host->mac)) == 0) {
			snprintf(message, size, "host %s on %s has MAC %s already", other->name,
				 host->plug.name, berth_mac_print(&host->mac, text, sizeof(text)));
			return EADDRINUSE;
		}
		for (int i = 0; i < request->address_count * 4; i++) {
			const struct berth_address *mine = &request->address[i / 4];

			if (i % 4 >= other->address_count ||
			    !berth_address_equal(mine, &other->address[i % 4]))
				continue;
			snprintf(message, size, "host %s on %s has address %s already", other->name,
				 host->plug.name, berth_address_print(mine, text, sizeof(text)));
			return EADDRINUSE;
		}
	}
	return 0;
}

static int berth_make(struct daemon_host *host, const struct berth_host_request *request,
		      char *message, size_t size)
{
	struct berth_config config = {.allocator = daemon_host_allocator()};
	struct berth_interface_config interface = {.mac = host->mac, .name = "eth0"};
	uint16_t cable_mtu = daemon_cable_mtu(&host->plug);
	int result;

	config.seed[0] = daemon_random_u64();
	config.seed[1] = daemon_random_u64();
	config.congestion = *request->congestion ? request->congestion : NULL;
	host->berth = berth_host_new(&config);
	if (!host->berth) {
		snprintf(message, size, "no memory, or congestion control \"%s\" is unknown",
			 request->congestion);
		return EINVAL;
	}
	interface.mtu = request->mtu ? request->mtu : cable_mtu;
	interface.offloads = daemon_cable_offloads(&host->plug);
	result = berth_host_add_interface(host->berth, &interface);
	if (result < 0)
		snprintf(message, size,
			 "MTU %u (1280 to 65535) or MAC (not a group's) is impossible",
			 interface.mtu);
	return result < 0 ? -result : 0;
}

static int addresses_add(struct daemon_host *host, const struct berth_host_request *request,
			 char *message, size_t size)
{
	char text[BERTH_ADDRESS_TEXT_MAX];

	for (int i = 0; i < request->address_count; i++) {
		int result = berth_host_add_address(host->berth, 0, &request->address[i],
						    request->prefix_bits[i]);

		if (result < 0) {
			snprintf(message, size, "address %s/%u: %s",
				 berth_address_print(&request->address[i], text, sizeof(text)),
				 request->prefix_bits[i], strerror(-result));
			return -result;
		}
		host->address[i] = request->address[i];
		host->prefix_bits[i] = request->prefix_bits[i];
		host->address_count++;
	}
	for (int i = 0; i < request->route_count; i++) {
		const struct berth_address *gateway = &request->route[i].gateway;
		bool is_on_link = gateway->family == BERTH_FAMILY_NONE;
		int result = berth_host_add_route(host->berth, 0, &request->route[i].destination,
						  request->route[i].prefix_bits,
						  is_on_link ? NULL : gateway);

		if (result < 0) {
			snprintf(message, size, "route to %s/%u: %s",
				 berth_address_print(&request->route[i].destination, text,
						     sizeof(text)),
				 request->route[i].prefix_bits, strerror(-result));
			return -result;
		}
	}
	return 0;
}

static void host_show(struct daemon *daemon, const struct daemon_host *host)
{
	struct berth_board_host shown;

	memset(&shown, 0, sizeof(shown));
	memcpy(shown.name, host->name, sizeof(shown.name));
	shown.mac = host->mac;
	shown.address_count = host->address_count;
	memcpy(shown.address, host->address, sizeof(shown.address));
	memcpy(shown.prefix_bits, host->prefix_bits, sizeof(shown.prefix_bits));
	memcpy(shown.link, host->plug.name, sizeof(shown.link));
	daemon_board_write_host(&daemon->board, host->index, &shown);
}

// A place with an index, not yet anything else.
static struct daemon_host *host_place(struct daemon *daemon)
{
	struct daemon_hosts *hosts = &daemon->hosts;
	struct daemon_host *host;
	uint32_t index = 0;

	while (index < BERTH_BOARD_HOSTS_MAX && hosts->by_index[index])
		index++;
	host = index < BERTH_BOARD_HOSTS_MAX ? calloc(1, sizeof(*host)) : NULL;
	if (!host)
		return NULL;
	host->index = (uint16_t)index;
	host->generation = ++hosts->generations;
	daemon_list_init(&host->slots);
	daemon_list_init(&host->captures);
	hosts->by_index[index] = host;
	if (index >= hosts->used_max)
		hosts->used_max = index + 1;
	return host;
}

static void host_remove(struct daemon *daemon, struct daemon_host *host)
{
	daemon->hosts.by_index[host->index] = NULL;
	daemon_cable_unplug(daemon, &host->plug);
	if (host->berth)
		berth_host_free(host->berth);
	free(host);
}

int daemon_host_up(struct daemon *daemon, const struct berth_host_request *request, char *message,
		   size_t message_size)
{
	struct daemon_host *host;
	int error = request_check(daemon, request, message, message_size);

	if (error)
		return error;
	host = host_place(daemon);
	if (!host) {
		snprintf(message, message_size, "there are %u hosts already, or no memory",
			 BERTH_BOARD_HOSTS_MAX);
		return ENOSPC;
	}
	memcpy(host->name, request->name, sizeof(host->name));
	host->mac = mac_is_zero(&request->mac) ? mac_from_name(request->name) : request->mac;
	error = daemon_cable_plug(daemon, host, request->link, message, message_size);
	if (!error)
		error = neighbors_check(daemon, host, request, message, message_size);
	if (!error)
		error = berth_make(host, request, message, message_size);
	if (!error)
		error = addresses_add(host, request, message, message_size);
	if (error) {
		host_remove(daemon, host);
		return error;
	}
	host_show(daemon, host);
	return 0;
}

void daemon_host_down(struct daemon *daemon, struct daemon_host *host)
{
	struct daemon_node *node;

	// Ending a listener ends what it had not handed over, so begin anew each time.
	while ((node = daemon_list_first(&host->slots)))
		daemon_slot_end(daemon, DAEMON_CONTAINER_OF(node, struct daemon_slot, on_host),
				DAEMON_END_ABORT, false, ENETDOWN);
	daemon_host_flush(daemon, host);
	daemon_captures_end(host);
	daemon_rows_forget_host(daemon, host);
	daemon_board_write_host(&daemon->board, host->index, NULL);
	host_remove(daemon, host);
}

struct daemon_host *daemon_host_find(struct daemon *daemon, const char *name, char *message,
				     size_t message_size)
{
	struct daemon_host *host = NULL;
	uint32_t count = 0;

	if (strnlen(name, BERTH_HOST_NAME_MAX) == BERTH_HOST_NAME_MAX)
		name = "?";
	if (*name) {
		host = host_named(daemon, name);
		if (!host)
			snprintf(message, message_size, "there is no host %s", name);
		return host;
	}
	for (uint32_t i = 0; i < daemon->hosts.used_max; i++) {
		if (daemon->hosts.by_index[i]) {
			host = daemon->hosts.by_index[i];
			count++;
		}
	}
	if (count == 1)
		return host;
	snprintf(message, message_size,
		 count ? "there are %u hosts: which one?" : "there is no host", count);
	return NULL;
}

struct daemon_host *daemon_host_lookup(struct daemon *daemon, uint32_t index, uint32_t generation)
{
	struct daemon_host *host =
		index < BERTH_BOARD_HOSTS_MAX ? daemon->hosts.by_index[index] : NULL;

	return host && host->generation == generation ? host : NULL;
}

void daemon_host_on_device(struct daemon *daemon, struct daemon_host *host)
{
	if (host->plug.device_is_gone)
		daemon_loop_forget(daemon, daemon_cable_fd(&host->plug));
	else
		host->plug.device_is_ready = true;
}

static bool take_frames_in(struct daemon *daemon, struct daemon_host *host)
{
	struct berth_frame frames[BERTH_BURST_MAX];
	bool any = false;

	for (int burst = 0; burst < DAEMON_BURSTS_PER_ROUND; burst++) {
		size_t count = daemon_cable_receive(&host->plug, frames, BERTH_BURST_MAX,
						    daemon->loop.now);

		if (count == 0)
			break;
		daemon_capture_frames(host, frames, count, 0);
		berth_host_receive(host->berth, frames, count, daemon->loop.now);
		any = true;
	}
	return any;
}

static bool put_frames_out(struct daemon *daemon, struct daemon_host *host)
{
	struct berth_frame frames[BERTH_BURST_MAX];
	bool any = false;

	for (int burst = 0; burst < DAEMON_BURSTS_PER_ROUND; burst++) {
		size_t count =
			berth_host_transmit(host->berth, frames, BERTH_BURST_MAX, daemon->loop.now);

		if (count == 0)
			break;
		daemon_capture_frames(host, frames, count, BERTH_CAPTURE_OUT);
		daemon_cable_transmit(&host->plug, frames, count, daemon->loop.now);
		any = true;
	}
	return any;
}

void daemon_host_flush(struct daemon *daemon, struct daemon_host *host)
{
	put_frames_out(daemon, host);
}

static bool handle_events(struct daemon *daemon, struct daemon_host *host)
{
	struct berth_event event;
	bool any = false;

	while (berth_host_next_event(host->berth, &event)) {
		struct daemon_slot *slot = daemon_slot_of_tag(daemon, event.tag);

		any = true;
		if (slot && slot->host == host && slot->socket == event.socket)
			daemon_slot_on_event(daemon, slot, &event);
	}
	return any;
}

bool daemon_host_drive(struct daemon *daemon, struct daemon_host *host)
{
	bool any = take_frames_in(daemon, host);

	if (berth_host_deadline(host->berth) <= daemon->loop.now)
		berth_host_advance(host->berth, daemon->loop.now);
	any |= handle_events(daemon, host);
	any |= put_frames_out(daemon, host);
	return any;
}

uint64_t daemon_hosts_deadline(const struct daemon *daemon)
{
	uint64_t deadline = BERTH_NEVER;

	for (uint32_t i = 0; i < daemon->hosts.used_max; i++) {
		const struct daemon_host *host = daemon->hosts.by_index[i];
		uint64_t own = host ? berth_host_deadline(host->berth) : BERTH_NEVER;

		deadline = own < deadline ? own : deadline;
	}
	return deadline;
}
