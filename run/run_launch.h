// SPDX-License-Identifier: MIT
//
// `berth run [--host NAME] [--] PROGRAM [ARGUMENT…]`.
#ifndef BERTH_RUN_RUN_LAUNCH_H
#define BERTH_RUN_RUN_LAUNCH_H

// argv[0] is "run". Returns only when the program could not be started, with the exit code: 2
// usage, 3 no such host or no library, 4 no daemon, 126 the program cannot be carried or executed,
// 127 it is not there.
int berth_run_main(int argc, char **argv);

#endif
