// SPDX-License-Identifier: MIT
//
// A device, whichever kind it is: each call goes to the file of its kind.
#include "device.h"

ssize_t device_receive(struct device *device, struct berth_frame *frames, size_t max)
{
	return device->kind->receive(device, frames,
				     max < DEVICE_BURST_MAX ? max : DEVICE_BURST_MAX);
}

int device_transmit(struct device *device, const struct berth_frame *frames, size_t count,
		    size_t *ret_sent)
{
	size_t sent = 0;
	int result = device->kind->transmit(device, frames, count, &sent);

	if (ret_sent)
		*ret_sent = sent;
	return result;
}

void device_close(struct device *device)
{
	if (device)
		device->kind->close(device);
}
