// SPDX-License-Identifier: MIT
//
// Which class is this port? (RFC 6335 6.) Custom, not law: any program may hold any port.
#include <berth/port.h>

#include <stddef.h>

#define PORT_REGISTERED_FIRST 1024u
#define PORT_DYNAMIC_FIRST 49152u

enum berth_port_class berth_port_class(uint16_t port)
{
	if (port < PORT_REGISTERED_FIRST)
		return BERTH_PORT_WELL_KNOWN;
	if (port < PORT_DYNAMIC_FIRST)
		return BERTH_PORT_REGISTERED;
	return BERTH_PORT_DYNAMIC;
}

const char *berth_port_class_name(enum berth_port_class port_class)
{
	switch (port_class) {
	case BERTH_PORT_WELL_KNOWN:
		return "well-known";
	case BERTH_PORT_REGISTERED:
		return "registered";
	case BERTH_PORT_DYNAMIC:
		return "dynamic";
	}
	return NULL;
}
