// SPDX-License-Identifier: MIT
//
// How do option values look to a program? Linux's habits with short and long values.
#ifndef BERTH_SOCKET_SOCKET_OPTION_VALUES_H
#define BERTH_SOCKET_SOCKET_OPTION_VALUES_H

#include <stddef.h>

// An int as the level takes it: IPPROTO_IP is content with one byte. 0 or -EINVAL, -EFAULT.
int option_read_int(int level, const void *value, size_t length, int *ret_number);
// Write as much of it as *length has room for, and say how much that was.
void option_write(void *value, size_t *length, const void *from, size_t from_length);
// An int as the level gives it: IPPROTO_IP answers a short question with one byte when that does.
void option_write_int(int level, void *value, size_t *length, int number);
// What SO_RCVBUF and SO_SNDBUF make of the number asked for.
int option_receive_buffer(int asked);
int option_send_buffer(int asked);

#endif
