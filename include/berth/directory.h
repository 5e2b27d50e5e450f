// SPDX-License-Identifier: MIT
//
// Where does berthd live? One rule for the daemon, programs and people: $BERTH_DIR, or
// $XDG_RUNTIME_DIR/berth, or /run/berth for root, or /tmp/berth-UID.
#ifndef BERTH_DIRECTORY_H
#define BERTH_DIRECTORY_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BERTH_DIRECTORY_MAX 92 // so that DIR/control fits a sockaddr_un

// Print DIR, followed by suffix ("", "/control", "/board"). false: it is longer than a socket's
// name may be.
static inline bool berth_directory(const char *suffix, char *text, size_t size)
{
	const char *directory = getenv("BERTH_DIR");
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int length;

	if (directory && directory[0] != '\0')
		length = snprintf(text, size, "%s%s", directory, suffix);
	else if (runtime && runtime[0] != '\0')
		length = snprintf(text, size, "%s/berth%s", runtime, suffix);
	else if (geteuid() == 0)
		length = snprintf(text, size, "/run/berth%s", suffix);
	else
		length = snprintf(text, size, "/tmp/berth-%u%s", (unsigned)geteuid(), suffix);
	return length > 0 && (size_t)length < size && length < BERTH_DIRECTORY_MAX + 16;
}

#endif
