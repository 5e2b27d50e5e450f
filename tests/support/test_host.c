// SPDX-License-Identifier: MIT
//
// Hosts for tests, and frames by hand.
#include "test_host.h"

#define SETTLE_ROUNDS_MAX 100000
#define RUN_STEPS_MAX 1000000

#define TYPE_IPV4 0x0800
#define TYPE_ARP 0x0806
#define TYPE_IPV6 0x86dd
#define PROTOCOL_ICMP 1
#define PROTOCOL_UDP 17
#define PROTOCOL_ICMPV6 58

static uint64_t acquired, failing_from;

static void *acquire_or_fail(void *context, size_t size)
{
	const struct berth_allocator *below = context;

	acquired++;
	if (failing_from && acquired >= failing_from)
		return NULL;
	return below->acquire(below->context, size);
}

static void release_below(void *context, void *memory, size_t size)
{
	const struct berth_allocator *below = context;

	below->release(below->context, memory, size);
}

struct berth_allocator test_allocator_failing_at(uint64_t fail_at)
{
	static struct berth_allocator below;
	struct berth_allocator allocator = {acquire_or_fail, release_below, &below};

	below = test_allocator();
	acquired = 0;
	failing_from = fail_at;
	return allocator;
}

uint64_t test_failing_acquisitions(void)
{
	return acquired;
}

void test_host_open(struct test_host *test, uint8_t number, const struct test_host_options *options)
{
	struct berth_config config = {0};
	struct berth_interface_config interface = {0};

	memset(test, 0, sizeof(*test));
	if (options) {
		config = options->config;
		interface.offloads = options->offloads;
		interface.mtu = options->mtu;
	}
	if (!config.allocator.acquire)
		config.allocator = test_allocator();
	config.seed[0] += number;
	test->mac.byte[0] = 2;
	test->mac.byte[5] = number;
	test->ipv4 = berth_ipv4(10, 0, 0, number);
	test->ipv6.family = BERTH_FAMILY_IPV6;
	test->ipv6.byte[0] = 0xfd;
	test->ipv6.byte[15] = number;
	test->host = berth_host_new(&config);
	assert_non_null(test->host);
	interface.mac = test->mac;
	interface.name = "eth0";
	if (!interface.mtu)
		interface.mtu = 1500;
	assert_int_equal(berth_host_add_interface(test->host, &interface), 0);
	assert_int_equal(berth_host_add_address(test->host, 0, &test->ipv4, 24), 0);
	assert_int_equal(berth_host_add_address(test->host, 0, &test->ipv6, 64), 0);
}

void test_host_close(struct test_host *test)
{
	berth_host_free(test->host);
	test->host = NULL;
}

void test_pair_open(struct test_pair *pair, const struct test_host_options *options)
{
	memset(pair, 0, sizeof(*pair));
	pair->now = TEST_S;
	test_host_open(&pair->left, 1, options);
	test_host_open(&pair->right, 2, options);
}

void test_pair_close(struct test_pair *pair)
{
	test_host_close(&pair->left);
	test_host_close(&pair->right);
}

static size_t carry(struct test_pair *pair, struct test_host *from, struct test_host *to)
{
	struct berth_frame frames[BERTH_BURST_MAX];
	size_t count = berth_host_transmit(from->host, frames, BERTH_BURST_MAX, pair->now);

	if (count)
		berth_host_receive(to->host, frames, count, pair->now);
	pair->frames += count;
	return count;
}

void test_pair_settle(struct test_pair *pair)
{
	size_t carried = 1;

	for (int round = 0; carried; round++) {
		assert_in_range(round, 0, SETTLE_ROUNDS_MAX);
		carried = carry(pair, &pair->left, &pair->right);
		carried += carry(pair, &pair->right, &pair->left);
	}
}

static uint64_t next_deadline(const struct test_pair *pair)
{
	uint64_t left = berth_host_deadline(pair->left.host);
	uint64_t right = berth_host_deadline(pair->right.host);

	return left < right ? left : right;
}

void test_pair_run(struct test_pair *pair, uint64_t duration_ns)
{
	uint64_t end = pair->now + duration_ns;

	test_pair_settle(pair);
	for (int step = 0;; step++) {
		uint64_t deadline = next_deadline(pair);

		assert_in_range(step, 0, RUN_STEPS_MAX);
		if (deadline > end)
			break;
		if (deadline > pair->now)
			pair->now = deadline;
		berth_host_advance(pair->left.host, pair->now);
		berth_host_advance(pair->right.host, pair->now);
		test_pair_settle(pair);
	}
	pair->now = end;
	berth_host_advance(pair->left.host, pair->now);
	berth_host_advance(pair->right.host, pair->now);
	test_pair_settle(pair);
}

struct berth_endpoint test_endpoint(const char *address, uint16_t port)
{
	struct berth_endpoint endpoint;

	memset(&endpoint, 0, sizeof(endpoint));
	if (*address)
		assert_true(berth_address_parse(address, &endpoint.address));
	endpoint.port = port;
	return endpoint;
}

berth_socket test_socket(struct test_host *test, enum berth_family family,
			 enum berth_protocol protocol)
{
	berth_socket socket = 0;

	assert_int_equal(berth_socket_open(test->host, family, protocol, &socket), 0);
	return socket;
}

berth_socket test_bound(struct test_host *test, enum berth_family family,
			enum berth_protocol protocol, const char *address, uint16_t port)
{
	berth_socket socket = test_socket(test, family, protocol);
	struct berth_endpoint local = test_endpoint(address, port);

	assert_int_equal(berth_socket_bind(test->host, socket, &local, NULL), 0);
	return socket;
}

void test_assert_endpoint(const struct berth_endpoint *endpoint, const char *expected)
{
	char text[BERTH_ENDPOINT_TEXT_MAX];

	assert_string_equal(berth_endpoint_print(endpoint, text, sizeof(text)), expected);
}

uint32_t test_events_of(struct test_host *test, berth_socket socket)
{
	struct berth_event event;
	uint32_t what = 0;

	while (berth_host_next_event(test->host, &event))
		if (event.socket == socket)
			what |= event.what;
	return what;
}

uint64_t test_drops(const struct test_host *test, enum berth_drop reason)
{
	struct berth_counters counters;

	berth_inspect_counters(test->host, &counters);
	return counters.dropped[reason];
}

// --- frames by hand ------------------------------------------------------------------------------

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static uint32_t get16(const uint8_t *from)
{
	return (uint32_t)from[0] << 8 | from[1];
}

static uint32_t sum_of(uint32_t sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

uint16_t test_checksum(uint32_t sum, const uint8_t *bytes, size_t length)
{
	sum = sum_of(sum, bytes, length);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put_ethernet(struct test_frame *frame, const struct berth_mac *source,
			 const struct berth_mac *target, uint16_t type)
{
	memset(frame, 0, sizeof(*frame));
	memcpy(frame->bytes, target->byte, 6);
	memcpy(frame->bytes + 6, source->byte, 6);
	put16(frame->bytes + 12, type);
	frame->length = TEST_ETHERNET_BYTES;
}

static void put_ip(struct test_frame *frame, const struct berth_address *source,
		   const struct berth_address *target, uint8_t protocol, uint32_t length)
{
	uint8_t *ip = frame->bytes + TEST_ETHERNET_BYTES;

	if (source->family == BERTH_FAMILY_IPV4) {
		ip[0] = 0x45;
		put16(ip + 2, 20 + length);
		ip[6] = 0x40;
		ip[8] = 64;
		ip[9] = protocol;
		memcpy(ip + 12, source->byte, 4);
		memcpy(ip + 16, target->byte, 4);
		put16(ip + 10, test_checksum(0, ip, 20));
		frame->length += 20;
		return;
	}
	ip[0] = 0x60;
	put16(ip + 4, length);
	ip[6] = protocol;
	ip[7] = protocol == PROTOCOL_ICMPV6 ? 255 : 64;
	memcpy(ip + 8, source->byte, 16);
	memcpy(ip + 24, target->byte, 16);
	frame->length += 40;
}

// The sum of the pseudo header of the packet in frame.
static uint32_t pseudo_sum(const struct test_frame *frame, uint8_t protocol, uint32_t length)
{
	const uint8_t *ip = frame->bytes + TEST_ETHERNET_BYTES;
	uint32_t sum = protocol + length;

	return ip[0] >> 4 == 4 ? sum_of(sum, ip + 12, 8) : sum_of(sum, ip + 8, 32);
}

uint8_t *test_frame_udp_header(struct test_frame *frame)
{
	uint8_t *ip = frame->bytes + TEST_ETHERNET_BYTES;

	return ip + (ip[0] >> 4 == 4 ? 20 : 40);
}

void test_frame_sum_udp(struct test_frame *frame)
{
	uint8_t *udp = test_frame_udp_header(frame);
	uint32_t length = get16(udp + 4);
	uint16_t sum;

	put16(udp + 6, 0);
	sum = test_checksum(pseudo_sum(frame, PROTOCOL_UDP, length), udp, length);
	put16(udp + 6, sum ? sum : 0xffff);
}

void test_frame_udp(struct test_frame *frame, const struct berth_mac *source_mac,
		    const struct berth_mac *target_mac, const struct berth_endpoint *source,
		    const struct berth_endpoint *target, const void *payload, uint32_t length)
{
	bool is_ipv4 = source->address.family == BERTH_FAMILY_IPV4;
	uint8_t *udp;

	put_ethernet(frame, source_mac, target_mac, is_ipv4 ? TYPE_IPV4 : TYPE_IPV6);
	put_ip(frame, &source->address, &target->address, PROTOCOL_UDP, 8 + length);
	udp = frame->bytes + frame->length;
	put16(udp, source->port);
	put16(udp + 2, target->port);
	put16(udp + 4, 8 + length);
	if (length)
		memcpy(udp + 8, payload, length);
	frame->length += 8 + length;
	test_frame_sum_udp(frame);
}

void test_frame_icmp4_error(struct test_frame *frame, const struct berth_mac *source_mac,
			    const struct berth_address *source, uint8_t type, uint8_t code,
			    uint16_t mtu, const struct test_frame *quoted)
{
	struct berth_address target = berth_ipv4(0, 0, 0, 0);
	struct berth_mac target_mac;
	uint8_t *icmp;

	memcpy(target_mac.byte, quoted->bytes + 6, 6);
	memcpy(target.byte, quoted->bytes + TEST_ETHERNET_BYTES + 12, 4);
	put_ethernet(frame, source_mac, &target_mac, TYPE_IPV4);
	put_ip(frame, source, &target, PROTOCOL_ICMP, 8 + 28);
	icmp = frame->bytes + frame->length;
	icmp[0] = type;
	icmp[1] = code;
	put16(icmp + 6, mtu);
	memcpy(icmp + 8, quoted->bytes + TEST_ETHERNET_BYTES, 28);
	put16(icmp + 2, test_checksum(0, icmp, 8 + 28));
	frame->length += 8 + 28;
}

void test_give(struct test_host *test, const struct test_frame *given, uint64_t now)
{
	struct berth_frame frame;

	memset(&frame, 0, sizeof(frame));
	frame.slice[0].data = given->bytes;
	frame.slice[0].length = given->length;
	frame.slice_count = 1;
	frame.length = given->length;
	berth_host_receive(test->host, &frame, 1, now);
}

bool test_take(struct test_host *test, struct test_frame *ret_frame, uint64_t now)
{
	struct berth_frame frame;

	memset(ret_frame, 0, sizeof(*ret_frame));
	if (!berth_host_transmit(test->host, &frame, 1, now))
		return false;
	assert_in_range(frame.length, TEST_ETHERNET_BYTES, sizeof(ret_frame->bytes));
	for (uint8_t i = 0; i < frame.slice_count; i++) {
		memcpy(ret_frame->bytes + ret_frame->length, frame.slice[i].data,
		       frame.slice[i].length);
		ret_frame->length += frame.slice[i].length;
	}
	assert_int_equal(ret_frame->length, frame.length);
	return true;
}

static bool is_packet(const struct test_frame *frame)
{
	uint32_t type = get16(frame->bytes + 12);
	const uint8_t *ip = frame->bytes + TEST_ETHERNET_BYTES;

	if (type == TYPE_IPV6 && ip[6] == PROTOCOL_ICMPV6)
		return ip[40] < 133 || ip[40] > 136; // NDP is 133..136
	return type == TYPE_IPV4 || type == TYPE_IPV6;
}

bool test_take_packet(struct test_host *test, struct test_frame *ret_frame, uint64_t now)
{
	while (test_take(test, ret_frame, now))
		if (is_packet(ret_frame))
			return true;
	return false;
}

static void arp_question(struct test_frame *frame, const struct test_host *test,
			 const struct berth_address *address, const struct berth_mac *mac)
{
	uint8_t *arp;

	put_ethernet(frame, mac, &test->mac, TYPE_ARP);
	arp = frame->bytes + frame->length;
	put16(arp, 1);
	put16(arp + 2, TYPE_IPV4);
	arp[4] = 6;
	arp[5] = 4;
	put16(arp + 6, 1);
	memcpy(arp + 8, mac->byte, 6);
	memcpy(arp + 14, address->byte, 4);
	memcpy(arp + 24, test->ipv4.byte, 4);
	frame->length += 28;
}

static void ndp_question(struct test_frame *frame, const struct test_host *test,
			 const struct berth_address *address, const struct berth_mac *mac)
{
	uint8_t *icmp;

	put_ethernet(frame, mac, &test->mac, TYPE_IPV6);
	put_ip(frame, address, &test->ipv6, PROTOCOL_ICMPV6, 32);
	icmp = frame->bytes + frame->length;
	icmp[0] = 135;
	memcpy(icmp + 8, test->ipv6.byte, 16);
	icmp[24] = 1;
	icmp[25] = 1;
	memcpy(icmp + 26, mac->byte, 6);
	put16(icmp + 2, test_checksum(pseudo_sum(frame, PROTOCOL_ICMPV6, 32), icmp, 32));
	frame->length += 32;
}

void test_teach(struct test_host *test, const struct berth_address *address,
		const struct berth_mac *mac, uint64_t now)
{
	struct test_frame question, answer;

	if (address->family == BERTH_FAMILY_IPV4)
		arp_question(&question, test, address, mac);
	else
		ndp_question(&question, test, address, mac);
	test_give(test, &question, now);
	assert_true(test_take(test, &answer, now));
}
