// SPDX-License-Identifier: MIT
//
// Any text as an address, prefix, MAC: what is read prints, and what is printed reads the same.
#include <berth/address.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/base/assertion.h"
#include "fuzz.h"

static void check_address(const char *text)
{
	struct berth_address address, again;
	char printed[BERTH_ADDRESS_TEXT_MAX];

	if (!berth_address_parse(text, &address))
		return;
	berth_address_print(&address, printed, sizeof(printed));
	ASSERT(berth_address_parse(printed, &again));
	ASSERT(memcmp(&again, &address, sizeof(address)) == 0);
}

static void check_prefix(const char *text)
{
	struct berth_address address;
	uint8_t bits;

	if (berth_prefix_parse(text, &address, &bits))
		ASSERT(bits <= (address.family == BERTH_FAMILY_IPV4 ? 32 : 128));
}

static void check_mac(const char *text)
{
	struct berth_mac mac, again;
	char printed[BERTH_MAC_TEXT_MAX];

	if (!berth_mac_parse(text, &mac))
		return;
	ASSERT(berth_mac_parse(berth_mac_print(&mac, printed, sizeof(printed)), &again));
	ASSERT(memcmp(&again, &mac, sizeof(mac)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	check_address(text);
	check_prefix(text);
	check_mac(text);
	free(text);
	return 0;
}
