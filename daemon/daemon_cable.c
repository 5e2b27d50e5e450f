// SPDX-License-Identifier: MIT
//
// Cables: what a host is plugged into.
//
// A simulated cable is made when the first host names it and goes when the last one leaves. What is
// said about it after the name ("sim:lan,delay=10ms,loss=1%") holds for what that host sends into
// it. A TAP belongs to one host; "tap:tap0,kernel=10.0.0.1/24" gives the kernel's end an address.
#include "daemon_cable.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "../devices/device.h"
#include "../devices/device_tap.h"
#include "daemon.h"

struct daemon_cable {
	struct berth_cable *berth;
	char name[24];
	uint32_t number;
	uint32_t plugs;
};

#define CABLE_NAME_MAX 24

// The words of "kind:name,rest".
struct link_words {
	bool is_tap;
	char name[CABLE_NAME_MAX];
	const char *rest; // after the comma; "" when there is none
};

static bool is_name_letter(char letter)
{
	return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
	       (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.';
}

static bool link_parse(const char *link, struct link_words *ret_words)
{
	const char *colon = strchr(link, ':');
	size_t length = 0;

	if (!colon)
		return false;
	if (colon - link == 3 && strncmp(link, "tap", 3) == 0)
		ret_words->is_tap = true;
	else if (colon - link == 3 && strncmp(link, "sim", 3) == 0)
		ret_words->is_tap = false;
	else
		return false;
	while (is_name_letter(colon[1 + length]))
		length++;
	if (length == 0 || length >= (ret_words->is_tap ? 16u : CABLE_NAME_MAX) ||
	    (colon[1 + length] != '\0' && colon[1 + length] != ','))
		return false;
	memcpy(ret_words->name, colon + 1, length);
	ret_words->name[length] = '\0';
	ret_words->rest = colon + 1 + length + (colon[1 + length] == ',');
	return true;
}

static struct daemon_cable *cable_find(struct daemon *daemon, const char *name)
{
	for (uint32_t i = 0; i < DAEMON_CABLES_MAX; i++) {
		struct daemon_cable *cable = daemon->cables.by_number[i];

		if (cable && strcmp(cable->name, name) == 0)
			return cable;
	}
	return NULL;
}

static struct daemon_cable *cable_new(struct daemon *daemon, const char *name)
{
	struct berth_allocator allocator = daemon_host_allocator();
	struct daemon_cable *cable = calloc(1, sizeof(*cable));

	if (!cable)
		return NULL;
	while (cable->number < DAEMON_CABLES_MAX && daemon->cables.by_number[cable->number])
		cable->number++;
	if (cable->number < DAEMON_CABLES_MAX)
		cable->berth = berth_cable_new(&allocator, daemon_random_u64());
	if (!cable->berth) {
		free(cable);
		return NULL;
	}
	snprintf(cable->name, sizeof(cable->name), "%s", name);
	daemon->cables.by_number[cable->number] = cable;
	return cable;
}

static void cable_leave(struct daemon *daemon, struct daemon_cable *cable)
{
	if (cable->plugs > 0)
		return;
	daemon->cables.by_number[cable->number] = NULL;
	berth_cable_free(cable->berth);
	free(cable);
}

static int plug_sim(struct daemon *daemon, struct daemon_plug *plug, const struct link_words *words,
		    char *message, size_t size)
{
	struct daemon_cable *cable = cable_find(daemon, words->name);
	int error;

	if (!cable)
		cable = cable_new(daemon, words->name);
	if (!cable) {
		snprintf(message, size, "no memory for cable %s", words->name);
		return ENOMEM;
	}
	plug->port = berth_cable_add_port(cable->berth);
	if (plug->port < 0) {
		error = -plug->port;
		snprintf(message, size, "cable %s has no free port: %s", words->name,
			 strerror(error));
		cable_leave(daemon, cable);
		return error;
	}
	plug->cable = cable;
	cable->plugs++;
	error = *words->rest ? daemon_cable_set_faults(plug, words->rest, message, size) : 0;
	if (error)
		daemon_cable_unplug(daemon, plug);
	return error;
}

// "kernel=ADDRESS/BITS": the address of the kernel's end.
static int tap_options(struct device *device, const char *rest, char *message, size_t size)
{
	struct berth_address address;
	uint8_t prefix_bits;
	int result;

	// An interface that exists and is up may be used without the right to set it up.
	result = device_tap_set_up(device);
	if (result != 0 && result != -EPERM) {
		snprintf(message, size, "cannot set %s up: %s", device->name, strerror(-result));
		return -result;
	}
	if (!*rest)
		return 0;
	if (strncmp(rest, "kernel=", 7) != 0 ||
	    !berth_prefix_parse(rest + 7, &address, &prefix_bits)) {
		snprintf(message, size, "not understood: \"%.60s\" (tap:NAME,kernel=ADDRESS/BITS)",
			 rest);
		return EINVAL;
	}
	result = device_tap_set_address(device, &address, prefix_bits);
	if (result != 0 && result != -EEXIST) {
		snprintf(message, size, "cannot give %s its address: %s", device->name,
			 strerror(-result));
		return -result;
	}
	return 0;
}

static int plug_tap(struct daemon *daemon, struct daemon_host *host, const struct link_words *words,
		    char *message, size_t size)
{
	struct daemon_plug *plug = &host->plug;
	char text[DEVICE_ERROR_TEXT_MAX] = "";
	int error;

	errno = 0;
	plug->device = device_tap_open(words->name, text, sizeof(text));
	if (!plug->device) {
		error = errno ? errno : ENODEV;
		snprintf(message, size, "%s", text);
		return error;
	}
	error = tap_options(plug->device, words->rest, message, size);
	if (!error) {
		error = daemon_loop_watch(
			daemon, plug->device->fd, EPOLLIN,
			daemon_loop_token(DAEMON_TOKEN_HOST, host->index, host->generation));
		if (error)
			snprintf(message, size, "cannot watch %s: %s", words->name,
				 strerror(error));
	}
	if (error)
		daemon_cable_unplug(daemon, plug);
	return error;
}

int daemon_cable_plug(struct daemon *daemon, struct daemon_host *host, const char *link,
		      char *message, size_t message_size)
{
	struct daemon_plug *plug = &host->plug;
	struct link_words words;

	memset(plug, 0, sizeof(*plug));
	if (!link_parse(link, &words)) {
		snprintf(message, message_size,
			 "link \"%.60s\" is neither sim:NAME[,FAULTS] nor tap:NAME", link);
		return EINVAL;
	}
	snprintf(plug->name, sizeof(plug->name), "%s:%s", words.is_tap ? "tap" : "sim", words.name);
	if (!words.is_tap)
		return plug_sim(daemon, plug, &words, message, message_size);
	for (uint32_t i = 0; i < daemon->hosts.used_max; i++) {
		struct daemon_host *other = daemon->hosts.by_index[i];

		if (other && other != host && strcmp(other->plug.name, plug->name) == 0) {
			snprintf(message, message_size, "%s is plugged into host %s", plug->name,
				 other->name);
			return EBUSY;
		}
	}
	return plug_tap(daemon, host, &words, message, message_size);
}

void daemon_cable_unplug(struct daemon *daemon, struct daemon_plug *plug)
{
	if (plug->cable) {
		berth_cable_remove_port(plug->cable->berth, plug->port);
		plug->cable->plugs--;
		cable_leave(daemon, plug->cable);
	}
	device_close(plug->device);
	plug->cable = NULL;
	plug->device = NULL;
}

struct daemon_host *daemon_cable_neighbor(struct daemon *daemon, const struct daemon_plug *plug,
					  const struct daemon_host *host)
{
	for (uint32_t i = host ? host->index + 1u : 0; i < daemon->hosts.used_max; i++) {
		struct daemon_host *other = daemon->hosts.by_index[i];

		if (other && &other->plug != plug && other->plug.cable == plug->cable &&
		    plug->cable)
			return other;
	}
	return NULL;
}

int daemon_cable_fd(const struct daemon_plug *plug)
{
	return plug->device ? plug->device->fd : -1;
}

uint16_t daemon_cable_mtu(const struct daemon_plug *plug)
{
	unsigned mtu;

	if (plug->device && device_tap_get_mtu(plug->device, &mtu) == 0 && mtu <= UINT16_MAX)
		return (uint16_t)mtu;
	return 0;
}

uint32_t daemon_cable_offloads(const struct daemon_plug *plug)
{
	if (plug->device)
		return plug->device->offloads;
	return BERTH_OFFLOAD_CHECKSUM | BERTH_OFFLOAD_SEGMENT_TCP4 | BERTH_OFFLOAD_SEGMENT_TCP6 |
	       BERTH_OFFLOAD_SEGMENT_UDP;
}

int daemon_cable_set_faults(struct daemon_plug *plug, const char *text, char *message,
			    size_t message_size)
{
	struct berth_cable_faults faults;
	const char *wrong = text;

	if (!plug->cable) {
		snprintf(message, message_size,
			 "%s is not a simulated cable: it has only the faults "
			 "of its own",
			 plug->name);
		return EOPNOTSUPP;
	}
	if (!berth_cable_faults_parse(text, &faults, &wrong)) {
		snprintf(message, message_size, "fault not understood: \"%.60s\"", wrong);
		return EINVAL;
	}
	berth_cable_set_faults(plug->cable->berth, plug->port, &faults);
	return 0;
}

static void device_went(struct daemon_plug *plug)
{
	fprintf(stderr, "berthd: %s is gone; its host stays, unplugged\n", plug->name);
	plug->device_is_gone = true;
	plug->device_is_ready = false;
}

static size_t receive_from_device(struct daemon_plug *plug, struct berth_frame *frames, size_t max)
{
	ssize_t count;

	if (!plug->device_is_ready)
		return 0;
	count = device_receive(plug->device, frames, max);
	if (count == -ENODEV)
		device_went(plug);
	if (count <= 0)
		plug->device_is_ready = false; // epoll says so again as long as there is something
	return count > 0 ? (size_t)count : 0;
}

size_t daemon_cable_receive(struct daemon_plug *plug, struct berth_frame *frames, size_t max,
			    uint64_t now)
{
	if (plug->cable)
		return berth_cable_receive(plug->cable->berth, plug->port, frames, max, now);
	return plug->device ? receive_from_device(plug, frames, max) : 0;
}

void daemon_cable_transmit(struct daemon_plug *plug, const struct berth_frame *frames, size_t count,
			   uint64_t now)
{
	if (plug->cable)
		berth_cable_send(plug->cable->berth, plug->port, frames, count, now);
	else if (plug->device && !plug->device_is_gone &&
		 device_transmit(plug->device, frames, count, NULL) == -ENODEV)
		device_went(plug);
}

uint64_t daemon_cables_deadline(const struct daemon *daemon)
{
	uint64_t deadline = BERTH_NEVER;

	for (uint32_t i = 0; i < DAEMON_CABLES_MAX; i++) {
		struct daemon_cable *cable = daemon->cables.by_number[i];
		uint64_t own = cable ? berth_cable_deadline(cable->berth) : BERTH_NEVER;

		deadline = own < deadline ? own : deadline;
	}
	return deadline;
}
