// SPDX-License-Identifier: MIT
//
// NAME --addr … --link …: the words that describe a host, for `berth up`.
#ifndef BERTH_CLI_HOST_OPTIONS_H
#define BERTH_CLI_HOST_OPTIONS_H

#include "cli.h"

// Fill request from argv[1..]. CLI_OK, or CLI_USAGE after one clear line.
int host_options_parse(int argc, char **argv, struct berth_host_request *ret_request);

#endif
