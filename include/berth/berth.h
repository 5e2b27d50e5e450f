// SPDX-License-Identifier: MIT
//
// libberth: a whole TCP/UDP/IP host to embed. Start with host.h, then socket.h.
#ifndef BERTH_BERTH_H
#define BERTH_BERTH_H

#include "address.h"
#include "drop.h"
#include "frame.h"
#include "host.h"
#include "inspect.h"
#include "option.h"
#include "port.h"
#include "sim.h"
#include "socket.h"
#include "tcp_info.h"
#include "trace.h"

#define BERTH_VERSION "0.1.0"

#endif
