// SPDX-License-Identifier: MIT
//
// Where the daemon's files are (control.h has the rule) and which host a program is on.
#ifndef BERTH_RUN_RUN_DIRECTORY_H
#define BERTH_RUN_RUN_DIRECTORY_H

#include <berth/board.h>

#include <stdbool.h>
#include <stddef.h>

#define RUN_PATH_MAX 108 // a sockaddr_un's

// Remember DIR and BERTH_HOST: a program may clear or overwrite its environment later.
void run_directory_remember(void);

// DIR/name into path. false: too long.
bool run_directory_path(const char *name, char path[RUN_PATH_MAX]);

// Was BERTH_DIR given? Then this program was put on a host deliberately.
bool run_directory_is_given(void);

// $BERTH_HOST, empty for the only host there is.
const char *run_directory_host(void);

#endif
