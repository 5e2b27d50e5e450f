// SPDX-License-Identifier: MIT
//
// Where is the daemon, and which of its hosts is mine?
//
// DIR (berth/directory.h) is read from the environment once, before main: programs that overwrite
// their environment for a process title (nginx, sshd) stay on their host. Computing it twice gives
// the same bytes, so no lock is needed.
#include "run_directory.h"

#include <berth/directory.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	char directory[RUN_PATH_MAX];
	char host[BERTH_HOST_NAME_MAX];
	bool is_given;
	bool is_remembered;
} place;

static void copy_text(char *to, size_t size, const char *from)
{
	size_t length = strnlen(from, size - 1);

	memcpy(to, from, length);
	to[length] = 0;
}

void run_directory_remember(void)
{
	const char *given = getenv("BERTH_DIR");
	const char *host = getenv("BERTH_HOST");

	if (__atomic_load_n(&place.is_remembered, __ATOMIC_ACQUIRE))
		return;
	if (!berth_directory("", place.directory, sizeof(place.directory)))
		place.directory[0] = 0; // too long for any socket: nothing answers there
	copy_text(place.host, sizeof(place.host), host ? host : "");
	place.is_given = given && given[0];
	__atomic_store_n(&place.is_remembered, true, __ATOMIC_RELEASE);
}

bool run_directory_path(const char *name, char path[RUN_PATH_MAX])
{
	size_t directory_length, name_length = strlen(name);

	run_directory_remember();
	directory_length = strlen(place.directory);
	if (directory_length + 1 + name_length >= RUN_PATH_MAX)
		return false;
	memcpy(path, place.directory, directory_length);
	path[directory_length] = '/';
	memcpy(path + directory_length + 1, name, name_length + 1);
	return true;
}

bool run_directory_is_given(void)
{
	run_directory_remember();
	return place.is_given;
}

const char *run_directory_host(void)
{
	run_directory_remember();
	return place.host;
}
