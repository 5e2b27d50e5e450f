// SPDX-License-Identifier: MIT
//
// Secrets from the system.
#include "daemon_random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

uint64_t daemon_random_u64(void)
{
	uint64_t number = 0;

	while (number == 0) {
		if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number)) {
			if (errno == EINTR)
				continue;
			perror("berthd: the system gives no random numbers");
			abort();
		}
	}
	return number;
}
