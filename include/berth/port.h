// SPDX-License-Identifier: MIT
//
// A port belongs to a program, not to a computer. Which class is this one (RFC 6335 6)?
#ifndef BERTH_PORT_H
#define BERTH_PORT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum berth_port_class {
	BERTH_PORT_WELL_KNOWN, // 0–1023, system ports
	BERTH_PORT_REGISTERED, // 1024–49151, user ports
	BERTH_PORT_DYNAMIC,    // 49152–65535, never assigned
};

enum berth_port_class berth_port_class(uint16_t port);

// "well-known", "registered", "dynamic"
const char *berth_port_class_name(enum berth_port_class port_class);

#ifdef __cplusplus
}
#endif

#endif
