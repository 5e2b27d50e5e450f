// SPDX-License-Identifier: MIT
//
// What happens before main: where is the daemon, which descriptors came with us?
//
// What the preload library cannot carry, and who then does not notice:
//   static programs, Go, raw syscall() and io_uring's connect and accept go to the kernel
//   libc's own calls inside getaddrinfo (DNS), syslog and stdio do not come by here: numbers and
//     /etc/hosts resolve; names through DNS ask the computer's own network
//   programs started with a cleared environment, or with other rights (setuid, file
//     capabilities), start without this library
//   SO_LINGER with a time: close returns at once, the daemon lingers
#include "run_board.h"
#include "run_directory.h"
#include "run_hints.h"
#include "run_symbols.h"

static __attribute__((constructor)) void start(void)
{
	run_real();
	run_directory_remember();
	run_hints_scan();
	// Now, while descriptors and system calls are still free to be had.
	if (run_directory_is_given())
		run_board_now();
}
