// SPDX-License-Identifier: MIT
//
// Where are the real functions?
//
// Found all at once: by the constructor, or by whoever comes before it (another library's
// constructor may open a socket). Two threads finding at the same moment store the same values.
// Once found, nothing here calls into the loader, so signal handlers are safe.
#include "run_symbols.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

static struct run_symbols symbols;
static bool are_found;

static void find_one(void *field, const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	memcpy(field, &found, sizeof(found));
}

static void find_all(void)
{
	int saved_errno = errno;

#define RUN_SYMBOL_FIND(type, name, parameters) find_one(&symbols.name, #name);
	RUN_SYMBOLS(RUN_SYMBOL_FIND)
#undef RUN_SYMBOL_FIND
	__atomic_store_n(&are_found, true, __ATOMIC_RELEASE);
	errno = saved_errno;
}

const struct run_symbols *run_real(void)
{
	if (!__atomic_load_n(&are_found, __ATOMIC_ACQUIRE))
		find_all();
	return &symbols;
}
