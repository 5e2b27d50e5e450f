// SPDX-License-Identifier: MIT
//
// Which service has this port by custom? From the machine's own /etc/services, read once.
// Custom is not law: the program's name is the truth.
#ifndef BERTH_TABLE_SERVICES_H
#define BERTH_TABLE_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVICE_NAME_MAX 32

struct service {
	uint16_t port;
	uint8_t protocol;
	char name[SERVICE_NAME_MAX];
	char aliases[64];
};

struct services {
	struct service *list; // sorted by port, then protocol
	size_t count;
};

// A missing file is no services. -ENOMEM; else 0.
int services_read(struct services *services, const char *path);
void services_clear(struct services *services);
const struct service *services_by_port(const struct services *services, uint16_t port,
				       uint8_t protocol);
// By name or alias; protocol 0: any.
const struct service *services_by_name(const struct services *services, const char *name,
				       uint8_t protocol);

#endif
