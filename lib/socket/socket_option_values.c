// SPDX-License-Identifier: MIT
//
// How do option values look to a program? socket(7), ip(7), and what Linux does where they are
// silent.
#include "socket_option_values.h"

#include <berth/option.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

// net.core.rmem_max and wmem_max as Linux sets them, and its lower bounds: what is asked for is
// cut to the first, doubled for bookkeeping, and raised to the second.
#define BUFFER_ASKED_MAX 212992u
#define RECEIVE_BUFFER_MIN 2304
#define SEND_BUFFER_MIN 4608

int option_read_int(int level, const void *value, size_t length, int *ret_number)
{
	if (!value)
		return -EFAULT;
	if (length >= sizeof(*ret_number)) {
		memcpy(ret_number, value, sizeof(*ret_number));
		return 0;
	}
	if (level != BERTH_IPPROTO_IP || length == 0)
		return -EINVAL;
	*ret_number = *(const uint8_t *)value;
	return 0;
}

void option_write(void *value, size_t *length, const void *from, size_t from_length)
{
	size_t written = *length < from_length ? *length : from_length;

	if (written)
		memcpy(value, from, written);
	*length = written;
}

void option_write_int(int level, void *value, size_t *length, int number)
{
	uint8_t byte = (uint8_t)number;

	if (level == BERTH_IPPROTO_IP && *length > 0 && *length < sizeof(number) && number >= 0 &&
	    number <= UINT8_MAX)
		option_write(value, length, &byte, sizeof(byte));
	else
		option_write(value, length, &number, sizeof(number));
}

static int doubled_buffer(int asked, int minimum)
{
	// As unsigned: a negative number asks for the most.
	uint32_t cut = (uint32_t)asked < BUFFER_ASKED_MAX ? (uint32_t)asked : BUFFER_ASKED_MAX;
	int doubled = (int)(cut * 2);

	return doubled < minimum ? minimum : doubled;
}

int option_receive_buffer(int asked)
{
	return doubled_buffer(asked, RECEIVE_BUFFER_MIN);
}

int option_send_buffer(int asked)
{
	return doubled_buffer(asked, SEND_BUFFER_MIN);
}
