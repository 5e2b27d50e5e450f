// SPDX-License-Identifier: MIT
//
// Socket options: what they are before and after, and what does not exist.
#include "transcript.h"

static void say_number(const char *what, int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);

	if (getsockopt(fd, level, name, &value, &length) != 0)
		say("%s fails %s", what, strerrorname_np(errno));
	else
		say("%s %d length %u", what, value, (unsigned)length);
}

static void set_number(const char *what, int fd, int level, int name, int value)
{
	say("set %s %d: %s", what, value,
	    setsockopt(fd, level, name, &value, sizeof(value)) ? strerrorname_np(errno) : "ok");
}

static void facts(int fd)
{
	say_number("SO_TYPE", fd, SOL_SOCKET, SO_TYPE);
	say_number("SO_DOMAIN", fd, SOL_SOCKET, SO_DOMAIN);
	say_number("SO_PROTOCOL", fd, SOL_SOCKET, SO_PROTOCOL);
	say_number("SO_ACCEPTCONN", fd, SOL_SOCKET, SO_ACCEPTCONN);
	set_number("SO_TYPE", fd, SOL_SOCKET, SO_TYPE, 1);
	set_number("SO_ERROR", fd, SOL_SOCKET, SO_ERROR, 1);
	set_number("SO_DOMAIN", fd, SOL_SOCKET, SO_DOMAIN, 1);
}

static void switches(int fd)
{
	static const struct {
		const char *name;
		int level, number;
	} all[] = {
		{"SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR},
		{"SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT},
		{"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE},
		{"SO_BROADCAST", SOL_SOCKET, SO_BROADCAST},
		{"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY},
		{"TCP_CORK", IPPROTO_TCP, TCP_CORK},
	};
	size_t i;

	for (i = 0; i < COUNT(all); i++) {
		say_number(all[i].name, fd, all[i].level, all[i].number);
		set_number(all[i].name, fd, all[i].level, all[i].number, 5);
		say_number(all[i].name, fd, all[i].level, all[i].number);
		set_number(all[i].name, fd, all[i].level, all[i].number, 0);
		say_number(all[i].name, fd, all[i].level, all[i].number);
	}
}

static void numbers(int fd)
{
	set_number("TCP_KEEPIDLE", fd, IPPROTO_TCP, TCP_KEEPIDLE, 33);
	say_number("TCP_KEEPIDLE", fd, IPPROTO_TCP, TCP_KEEPIDLE);
	set_number("TCP_KEEPINTVL", fd, IPPROTO_TCP, TCP_KEEPINTVL, 11);
	say_number("TCP_KEEPINTVL", fd, IPPROTO_TCP, TCP_KEEPINTVL);
	set_number("TCP_KEEPCNT", fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
	say_number("TCP_KEEPCNT", fd, IPPROTO_TCP, TCP_KEEPCNT);
	set_number("TCP_KEEPIDLE", fd, IPPROTO_TCP, TCP_KEEPIDLE, 0);
	set_number("TCP_USER_TIMEOUT", fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 7000);
	say_number("TCP_USER_TIMEOUT", fd, IPPROTO_TCP, TCP_USER_TIMEOUT);
	set_number("IP_TTL", fd, IPPROTO_IP, IP_TTL, 5);
	say_number("IP_TTL", fd, IPPROTO_IP, IP_TTL);
	set_number("IP_TOS", fd, IPPROTO_IP, IP_TOS, 0x10);
	say_number("IP_TOS", fd, IPPROTO_IP, IP_TOS);
	set_number("SO_RCVBUF", fd, SOL_SOCKET, SO_RCVBUF, 20000);
	say_number("SO_RCVBUF", fd, SOL_SOCKET, SO_RCVBUF);
	set_number("SO_SNDBUF", fd, SOL_SOCKET, SO_SNDBUF, 20000);
	say_number("SO_SNDBUF", fd, SOL_SOCKET, SO_SNDBUF);
}

static void linger(int fd)
{
	struct linger value = {1, 3}, got = {7, 7};
	socklen_t length = sizeof(got);

	say_result("set SO_LINGER", setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof(value)));
	say_result("get SO_LINGER", getsockopt(fd, SOL_SOCKET, SO_LINGER, &got, &length));
	say("%d %d length %u", got.l_onoff, got.l_linger, (unsigned)length);
	say_result("short", setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, 4));
	value.l_onoff = 0;
	say_result("off", setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof(value)));
}

static void unknown(int fd)
{
	int value = 1;
	socklen_t length = sizeof(value);

	set_number("option 999", fd, SOL_SOCKET, 999, 1);
	say_number("option 999", fd, SOL_SOCKET, 999);
	set_number("TCP option 999", fd, IPPROTO_TCP, 999, 1);
	say_number("TCP option 999", fd, IPPROTO_TCP, 999);
	say_result("short value", setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, 2));
	length = 2;
	say_result("short room", getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &length));
	say("length %u", (unsigned)length);
	length = (socklen_t)-1;
	say_result("negative room", getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &length));
}

static void connected(void)
{
	int here, there;
	struct ucred who;
	struct tcp_info info;
	socklen_t length = sizeof(who);
	uint64_t left = 0, right = 0;
	socklen_t cookie_length = sizeof(left);

	connect_pair(&here, &there);
	say_result("SO_PEERCRED", getsockopt(here, SOL_SOCKET, SO_PEERCRED, &who, &length));
	say("pid %d uid %d gid %d", (int)who.pid, (int)who.uid, (int)who.gid);
	length = sizeof(info);
	memset(&info, 0xff, sizeof(info));
	say_result("TCP_INFO", getsockopt(here, IPPROTO_TCP, TCP_INFO, &info, &length));
	say("state %d, a segment size %d, a window %d", info.tcpi_state, info.tcpi_snd_mss > 500,
	    info.tcpi_snd_cwnd > 0 && info.tcpi_snd_cwnd < 1000);
	getsockopt(here, SOL_SOCKET, SO_COOKIE, &left, &cookie_length);
	getsockopt(there, SOL_SOCKET, SO_COOKIE, &right, &cookie_length);
	say("cookies differ %d", left && right && left != right);
	close(here);
	close(there);
}

static void congestion(int fd)
{
	char name[16] = "";
	socklen_t length = sizeof(name);

	say_result("set cubic", setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5));
	say_result("get", getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &length));
	say("%s length %u", name, (unsigned)length);
	say_result("set nonsense", setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "nonsense", 8));
}

int main(void)
{
	int stream, datagram, port, listener;

	begin("options");
	stream = open_here(SOCK_STREAM);
	datagram = open_here(SOCK_DGRAM);
	listener = listen_here(&port);
	say("-- facts");
	facts(stream);
	facts(datagram);
	facts(listener);
	say("-- switches");
	switches(stream);
	say("-- numbers");
	numbers(stream);
	say("-- linger");
	linger(stream);
	say("-- unknown");
	unknown(stream);
	say("-- connected");
	connected();
	say("-- congestion");
	congestion(stream);
	return 0;
}
