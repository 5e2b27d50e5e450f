// SPDX-License-Identifier: MIT
//
// How does the kernel's side of a TAP get its state, MTU and addresses?
#include "device_tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/ipv6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void name_request(const struct device *device, struct ifreq *ret_request)
{
	memset(ret_request, 0, sizeof(*ret_request));
	memcpy(ret_request->ifr_name, device->name, sizeof(device->name));
}

// One question or order about the interface; 0 or -errno.
static int ask_kernel(int family, unsigned long what, void *request)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result;

	if (fd < 0)
		return -errno;
	result = ioctl(fd, what, request) < 0 ? -errno : 0;
	close(fd);
	return result;
}

int device_tap_set_up(const struct device *device)
{
	struct ifreq request;
	int result;

	name_request(device, &request);
	result = ask_kernel(AF_INET, SIOCGIFFLAGS, &request);
	if (result < 0 || (request.ifr_flags & IFF_UP))
		return result;
	request.ifr_flags |= IFF_UP;
	return ask_kernel(AF_INET, SIOCSIFFLAGS, &request);
}

int device_tap_set_mtu(const struct device *device, unsigned mtu)
{
	struct ifreq request;

	name_request(device, &request);
	request.ifr_mtu = (int)mtu;
	return ask_kernel(AF_INET, SIOCSIFMTU, &request);
}

static int set_address_ipv4(const struct device *device, const struct berth_address *address,
			    uint8_t prefix_bits)
{
	struct sockaddr_in socket_address = {.sin_family = AF_INET};
	struct ifreq request;
	int result;

	name_request(device, &request);
	memcpy(&socket_address.sin_addr, address->byte, 4);
	memcpy(&request.ifr_addr, &socket_address, sizeof(socket_address));
	result = ask_kernel(AF_INET, SIOCSIFADDR, &request);
	if (result < 0)
		return result;
	socket_address.sin_addr.s_addr =
		prefix_bits == 0 ? 0 : htonl(UINT32_MAX << (32 - prefix_bits));
	memcpy(&request.ifr_netmask, &socket_address, sizeof(socket_address));
	return ask_kernel(AF_INET, SIOCSIFNETMASK, &request);
}

static int set_address_ipv6(const struct device *device, const struct berth_address *address,
			    uint8_t prefix_bits)
{
	struct in6_ifreq order = {.ifr6_prefixlen = prefix_bits};
	struct ifreq request;
	int result;

	name_request(device, &request);
	result = ask_kernel(AF_INET6, SIOCGIFINDEX, &request);
	if (result < 0)
		return result;
	order.ifr6_ifindex = request.ifr_ifindex;
	memcpy(&order.ifr6_addr, address->byte, 16);
	return ask_kernel(AF_INET6, SIOCSIFADDR, &order);
}

int device_tap_set_address(const struct device *device, const struct berth_address *address,
			   uint8_t prefix_bits)
{
	if (address->family == BERTH_FAMILY_IPV4 && prefix_bits <= 32)
		return set_address_ipv4(device, address, prefix_bits);
	if (address->family == BERTH_FAMILY_IPV6 && prefix_bits <= 128)
		return set_address_ipv6(device, address, prefix_bits);
	return -EINVAL;
}

int device_tap_get_mac(const struct device *device, struct berth_mac *ret_mac)
{
	struct ifreq request;
	int result;

	name_request(device, &request);
	result = ask_kernel(AF_INET, SIOCGIFHWADDR, &request);
	if (result == 0)
		memcpy(ret_mac->byte, request.ifr_hwaddr.sa_data, sizeof(ret_mac->byte));
	return result;
}

int device_tap_get_mtu(const struct device *device, unsigned *ret_mtu)
{
	struct ifreq request;
	int result;

	name_request(device, &request);
	result = ask_kernel(AF_INET, SIOCGIFMTU, &request);
	if (result == 0)
		*ret_mtu = (unsigned)request.ifr_mtu;
	return result;
}
