#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Clients and programs that mean harm: the daemon serves on, loses no descriptor and no memory.

usage: hostile_test.py BUILD_DIR [case …]       speaks TAP
"""
import array
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

PYTHON = "/usr/bin/python3"

MAGIC, VERSION = 0x6274726C, 1
(SOCKET, BIND, LISTEN, CONNECT, SET_OPTION, GET_OPTION, TAKE_ERROR, SEND_TO, QUEUES,
 SHUTDOWN) = range(1, 11)
HOST_UP, HOST_DOWN, STOP, REFRESH, CAPTURE, COUNTERS, NEIGHBORS, FAULTS = range(64, 72)

# include/berth/control.h, field by field.
ENDPOINT = struct.Struct("=BB2x16sH2x")
IDENTITY = struct.Struct("=QII")
REQUEST = struct.Struct("=IIIiiiiiq16s24s32sI4x")
ANSWER = struct.Struct("=Iiq16s24s16s160sI4x")
DATAGRAM = struct.Struct("=II24s24s")
BOARD_ROWS_AT, BOARD_HOSTS_AT = 65536, 48

NOBODY = IDENTITY.pack(0, 0, 0)


class Failure(Exception):
    pass


def expect(condition, words):
    if not condition:
        raise Failure(words)


def wait_until(condition, what, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise Failure(f"did not happen within {seconds} s: {what}")


def endpoint(address="0.0.0.0", port=0, family=None, scope=0):
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    if family is None:
        family = 6 if ":" in address else 4
    return ENDPOINT.pack(family, scope, packed, port)


def request(verb, identity=NOBODY, number=0, domain=0, kind=0, protocol=0, level=0, name=0,
            to=bytes(24), host=b"", data=b"", magic=MAGIC, version=VERSION, data_bytes=None):
    return REQUEST.pack(magic, version, verb, domain, kind, protocol, level, name, number,
                        identity, to, host, len(data) if data_bytes is None else data_bytes) + data


class Answer:
    def __init__(self, message, descriptors):
        fields = ANSWER.unpack_from(message)
        self.magic, self.error, self.number, self.identity, self.endpoint = fields[:5]
        self.text = fields[6].split(b"\0")[0].decode()
        self.data = message[ANSWER.size:]
        self.descriptors = descriptors


class Daemon:
    """One berthd with the hosts "server" and "client" on a simulated cable."""

    def __init__(self, build):
        self.build = build
        self.berth = os.path.join(build, "berth")
        self.work = tempfile.mkdtemp(prefix="berth-hostile-")
        self.directory = os.path.join(self.work, "run")
        os.environ["BERTH_DIR"] = self.directory
        self.log = open(os.path.join(self.work, "log"), "w+b")
        self.process = None
        self.children = []

    def start(self):
        os.makedirs(self.directory, mode=0o700, exist_ok=True)
        self.process = subprocess.Popen([os.path.join(self.build, "berthd")], stderr=self.log,
                                        stdout=self.log)
        wait_until(lambda: os.path.exists(self.directory + "/control"), "berthd listens")
        for name, number in (("server", 1), ("client", 2)):
            self.call(self.berth, "up", name, "--addr", f"10.0.0.{number}/24", "--addr",
                      f"fd00::{number}/64")

    def call(self, *words, check=True, **more):
        more.setdefault("timeout", 60)
        done = subprocess.run(words, capture_output=True, **more)
        if check and done.returncode != 0:
            raise Failure(f"{' '.join(words)[:200]}: exit {done.returncode}: "
                          f"{done.stderr[-400:]} {done.stdout[-200:]}")
        return done

    def run(self, *words, host="client", **more):
        return self.call(self.berth, "run", "--host", host, *words, **more)

    def finish(self):
        for child in self.children:
            child.kill()
            child.wait()
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.work, ignore_errors=True)

    def said(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def client(self):
        one = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        one.settimeout(10)
        one.connect(self.directory + "/control")
        return one

    def ask(self, message, descriptors=(), client=None):
        """One request on a connection of its own. None: the daemon hung up instead."""
        one = client or self.client()
        try:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
            one.sendmsg([message], rights if descriptors else [])
            data, control, _, _ = one.recvmsg(ANSWER.size + 65536, socket.CMSG_SPACE(16))
            if not data:
                return None
            passed = []
            for _, kind, value in control:
                if kind == socket.SCM_RIGHTS:
                    passed += array.array("i", value[:len(value) // 4 * 4])
            return Answer(data, passed)
        except (ConnectionResetError, BrokenPipeError):
            return None
        finally:
            if not client:
                one.close()

    def open(self, kind, domain=socket.AF_INET, host=b"client"):
        """A socket: (the program's end, its identity)."""
        answer = self.ask(request(SOCKET, domain=domain, kind=kind, host=host))
        expect(answer and answer.error == 0 and len(answer.descriptors) == 1,
               f"socket: {answer and answer.error}")
        return socket.socket(fileno=answer.descriptors[0]), answer.identity

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident_kb(self):
        with open(f"/proc/{self.process.pid}/status") as handle:
            for line in handle:
                if line.startswith("VmRSS"):
                    return int(line.split()[1])
        return 0

    def settles_at(self, descriptors):
        wait_until(lambda: self.descriptors() <= descriptors,
                   f"descriptors back to {descriptors}, there are {self.descriptors()}")

    def is_well(self):
        """It lives, answers, moves bytes, and does not spin."""
        expect(self.process.poll() is None, f"berthd ended: {self.said()[-1500:]}")
        answer = self.ask(request(COUNTERS, host=b"server"))
        expect(answer and answer.error == 0, "COUNTERS is not answered")
        code = ("import socket,threading\n"
                "l=socket.create_server(('10.0.0.2',0)); c=socket.create_connection("
                "l.getsockname(),5); a,_=l.accept(); a.sendall(b'x'*9999); a.close()\n"
                "n=0\nwhile True:\n d=c.recv(9999)\n if not d: break\n n+=len(d)\nassert n==9999")
        self.run(PYTHON, "-c", code)

    def processor_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as handle:
            fields = handle.read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def is_quiet(self):
        time.sleep(0.3)
        before = self.processor_seconds()
        time.sleep(1)
        used = self.processor_seconds() - before
        expect(used < 0.5, f"berthd uses {used:.2f} s of a second, with nothing to do")


def messages_that_are_no_requests(berthd):
    before = berthd.descriptors()
    chance = random.Random(1)
    good = request(COUNTERS, host=b"server")
    expect(berthd.ask(b"x") is None, "one byte is answered")
    expect(berthd.ask(request(COUNTERS, magic=MAGIC + 1)) is None, "a wrong magic is answered")
    for message in (good[:4], good[:60], good[:-1], good + b"x",
                    request(COUNTERS, version=2), request(COUNTERS, data_bytes=1),
                    request(COUNTERS, data_bytes=0xFFFFFFFF),
                    request(SET_OPTION, data=bytes(65536)) + bytes(10)):
        answer = berthd.ask(message)
        expect(answer and answer.error == 22, f"{len(message)} bytes: {answer and answer.error}")
    for verb in (0, 11, 63, 72, 0xFFFFFFFF):
        answer = berthd.ask(request(verb))
        expect(answer and answer.error != 0, f"verb {verb} is served")
    for _ in range(300):
        berthd.ask(bytes(chance.randrange(256) for _ in range(chance.randrange(1, 300))))
    berthd.settles_at(before)


def requests_of_chance(berthd):
    """Each verb with fields of chance: whatever the answer, the daemon goes on."""
    before = berthd.descriptors()
    chance = random.Random(2)
    words = [0, 1, 2, 6, 10, 17, 41, -1, 255, 65535, 65536, 2**31 - 1, -2**31]
    longs = words + [2**63 - 1, -2**63]
    held = [berthd.open(kind, domain) for kind in (1, 2) for domain in (2, 10) for _ in range(4)]
    verbs = [SOCKET, BIND, LISTEN, CONNECT, SET_OPTION, GET_OPTION, TAKE_ERROR, SEND_TO, QUEUES,
             SHUTDOWN, REFRESH, COUNTERS, NEIGHBORS, FAULTS]
    client = berthd.client()
    client.settimeout(0.5)
    for _ in range(6000):
        end, identity = chance.choice(held)
        verb = chance.choice(verbs)
        data = bytes(chance.randrange(256) for _ in range(chance.choice([0, 1, 4, 4, 8, 16, 200])))
        if chance.random() < 0.3:
            data = struct.pack("=i", chance.choice(words))
        to = ENDPOINT.pack(chance.choice([0, 4, 4, 6, 6, 7, 255]), chance.choice([0, 0, 1, 255]),
                           chance.choice([bytes(16), b"\x0a\0\0\1" + bytes(12),
                                          b"\x0a\0\0\2" + bytes(12), b"\x7f\0\0\1" + bytes(12),
                                          b"\xff" * 16, b"\xfd" + bytes(14) + b"\1",
                                          bytes(10) + b"\xff\xff\x0a\0\0\1",
                                          bytes(chance.randrange(256) for _ in range(16))]),
                           chance.choice([0, 1, 80, 65535]))
        message = request(verb, identity=identity, number=chance.choice(longs),
                          domain=chance.choice([2, 10, 1, -1]), kind=chance.choice([1, 2, 3, -1]),
                          protocol=chance.choice([0, 6, 17, 255]), to=to, data=data,
                          level=chance.choice([0, 1, 6, 17, 41, -1]),
                          name=chance.choice([chance.randrange(80), chance.choice(words)]),
                          host=chance.choice([b"client", b"server", b"", b"x" * 32, b"\xff\0a"]))
        try:
            answer = berthd.ask(message, [end.fileno()] if chance.random() < 0.6 else [], client)
        except socket.timeout:  # a connect that waits
            client.close()
            client = berthd.client()
            client.settimeout(0.5)
            continue
        if answer is None:
            expect(berthd.process.poll() is None, f"berthd ended: {berthd.said()[-1500:]}")
            client.close()
            client = berthd.client()
            client.settimeout(0.5)
            continue
        for one in answer.descriptors:
            os.close(one)
    client.close()
    for end, _ in held:
        end.close()
    berthd.call(berthd.berth, "faults", "server", "delay=0ms", check=False)
    berthd.call(berthd.berth, "faults", "client", "delay=0ms", check=False)
    berthd.settles_at(before)


def descriptors_where_none_belong_are_closed(berthd):
    before = berthd.descriptors()
    nothing = open("/dev/null", "rb")
    client = berthd.client()
    for count in (1, 2, 8, 9, 100, 253):
        for verb in (COUNTERS, SOCKET, 99, CONNECT):
            answer = berthd.ask(request(verb, host=b"server", domain=2, kind=1),
                                [nothing.fileno()] * count, client)
            expect(answer, f"verb {verb} with {count} descriptors is not answered")
            for one in answer.descriptors:
                os.close(one)
        berthd.ask(b"garbage", [nothing.fileno()] * count)
    client.close()
    end, identity = berthd.open(socket.SOCK_STREAM)
    answer = berthd.ask(request(CONNECT, identity, to=endpoint("10.0.0.1", 9)), [nothing.fileno()])
    expect(answer.error == 22, f"connect with a foreign descriptor: {answer.error}")
    end.close()
    nothing.close()
    berthd.settles_at(before)


def a_thousand_silent_clients_keep_nobody_out(berthd):
    before = berthd.descriptors()
    silent = []
    for _ in range(1000):
        silent.append(berthd.client())
    berthd.is_well()
    berthd.is_quiet()
    for one in silent:
        one.close()
    berthd.settles_at(before)


def clients_that_vanish_while_they_wait(berthd):
    before = berthd.descriptors()
    for turn in range(200):
        end, identity = berthd.open(socket.SOCK_STREAM)
        one = berthd.client()
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [end.fileno()]))]
        one.sendmsg([request(CONNECT, identity, number=1, to=endpoint("10.0.0.77", 80))], rights)
        if turn % 2:
            one.close()
            end.close()
        else:
            end.close()
            one.close()
    one = berthd.client()
    for _ in range(5):
        one.send(request(COUNTERS, host=b"server"))
    one.close()
    berthd.settles_at(before)


def a_watcher_that_never_reads(berthd):
    before = berthd.descriptors()
    watchers = [berthd.client() for _ in range(16)]
    for one in watchers:
        expect(berthd.ask(request(CAPTURE, host=b"client"), client=one).error == 0, "CAPTURE")
    expect(berthd.ask(request(CAPTURE, host=b"client")).error == 16, "watcher 17 is let in")
    start = berthd.resident_kb()
    code = ("import socket,threading\n"
            "l=socket.create_server(('10.0.0.1',8001))\n"
            "def f():\n a,_=l.accept()\n while a.recv(1<<20): pass\n a.close()\n"
            "t=threading.Thread(target=f); t.start()\n"
            "import os; print('up',flush=True); t.join()")
    server = subprocess.Popen([berthd.berth, "run", "--host", "server", PYTHON, "-c", code],
                              stdout=subprocess.PIPE)
    berthd.children.append(server)
    expect(server.stdout.readline() == b"up\n", "the server is up")
    berthd.run(PYTHON, "-c", "import socket; s=socket.create_connection(('10.0.0.1',8001)); "
                             "s.sendall(bytes(1<<24)); s.close()")
    server.wait(20)
    grown = berthd.resident_kb() - start
    expect(grown < 64 << 10, f"watchers who do not read cost {grown} KiB")
    for one in watchers:
        one.close()
    berthd.settles_at(before)


def identities_of_others(berthd):
    before = berthd.descriptors()
    end, identity = berthd.open(socket.SOCK_STREAM)
    instance, slot, generation = IDENTITY.unpack(identity)
    others = [(instance + 1, slot, generation), (instance, slot, generation + 1),
              (instance, slot, 0), (instance, 131071, 1), (instance, 131072, 1),
              (instance, 0xFFFFFFFF, 0xFFFFFFFF), (0, 0, 0)]
    for verb in range(BIND, SHUTDOWN + 1):
        for other in others:
            answer = berthd.ask(request(verb, IDENTITY.pack(*other), number=0))
            expect(answer and answer.error != 0, f"verb {verb} serves {other}")
    end.close()
    berthd.settles_at(before)
    for verb in range(BIND, SHUTDOWN + 1):  # it is over now, or never was
        expect(berthd.ask(request(verb, identity)) is not None, f"verb {verb} of a closed socket")


def host_request(name=b"evil", link=b"sim:lan", addresses=((4, b"\x0a\0\0\x63", 24),),
                 address_count=None, route_count=0, mtu=0, congestion=b"", mac=bytes(6),
                 route=bytes(41)):
    packed = b"".join(struct.pack("=BB2x16s", family, 0, address)
                      for family, address, _ in addresses)
    bits = bytes(prefix for _, _, prefix in addresses)
    count = len(addresses) if address_count is None else address_count
    return (struct.pack("=32s128s16s6sHBB", name, link, congestion, mac, mtu, count, route_count) +
            packed.ljust(80, b"\0") + bits.ljust(4, b"\0") + route.ljust(41, b"\0") * 8)


def hosts_with_hostile_names_and_counts(berthd):
    before = berthd.descriptors()
    wrong = [host_request(name=name) for name in
             (b"", b"../etc", b"a/b", b"a b", b"\x1b[31m", b"x" * 32, b"\xff\xfe", b"a\nb")]
    wrong += [host_request(address_count=255), host_request(route_count=255),
              host_request(address_count=5), host_request(route_count=9),
              host_request(link=b"x" * 128), host_request(link=b""), host_request(link=b"sim:"),
              host_request(link=b"sim:\x1b[2J"), host_request(link=b"tap:../../x"),
              host_request(link=b"tap:" + b"y" * 60), host_request(link=b"sim:lan,delay=-1ms"),
              host_request(link=b"sim:lan,loss=101%"), host_request(link=b"sim:lan,,,,"),
              host_request(link=b"sim:" + b"z" * 100), host_request(congestion=b"c" * 16),
              host_request(congestion=b"none"), host_request(mtu=1), host_request(mac=b"\xff" * 6),
              host_request(addresses=((4, b"\x0a\0\0\x63", 33),)),
              host_request(addresses=((4, b"\x0a\0\0\x63", 255),)),
              host_request(addresses=((9, b"\x0a\0\0\x63", 24),)),
              host_request(addresses=((0, b"", 0),)),
              host_request(addresses=((4, b"\xff" * 4, 8),)),
              host_request(addresses=((6, b"\xff" * 16, 64),)),
              host_request(addresses=((4, b"\x0a\0\0\1", 24),)),
              host_request(route_count=8, route=b"\xff" * 41), b"", b"x"]
    for data in wrong:
        answer = berthd.ask(request(HOST_UP, data=data))
        expect(answer and answer.error != 0, f"accepted: {data[:60]!r}")
        expect(answer.text.isprintable(), f"unprintable answer: {answer.text!r}")
    for name in (b"x" * 32, b"nobody", b"\xff", b"../x"):
        for verb in (HOST_DOWN, CAPTURE, COUNTERS, NEIGHBORS, FAULTS, SOCKET):
            answer = berthd.ask(request(verb, host=name, domain=2, kind=1))
            expect(answer and answer.error != 0, f"verb {verb} serves {name!r}")
            expect(answer.text.isprintable(), f"unprintable answer: {answer.text!r}")
    shown = berthd.call(berthd.berth, "hosts").stdout
    expect(b"evil" not in shown and shown.count(b"10.0.0.") == 2, shown)
    berthd.settles_at(before)


def a_pair_is_flooded_with_nonsense(berthd):
    before = berthd.descriptors()
    nothing = open("/dev/null", "rb")
    chance = random.Random(3)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [nothing.fileno()] * 20))]
    header = DATAGRAM.pack(MAGIC, 0, endpoint("10.0.0.1", 9), bytes(24))
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        end, identity = berthd.open(kind)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        end.setblocking(False)
        for turn in range(2000):
            body = bytes(chance.randrange(256) for _ in range(chance.randrange(60)))
            try:
                if turn % 10 == 0:
                    end.sendmsg([body or b"x"], rights)
                elif turn % 10 == 1:
                    end.sendmsg([header + body], rights)
                elif turn % 10 == 2:
                    end.send(DATAGRAM.pack(MAGIC, 7, bytes([chance.randrange(256)]) * 24,
                                           header[:24]))
                elif turn % 10 == 3:
                    end.send(b"")
                elif turn % 10 == 4:
                    end.send(bytes(chance.choice([60000, 65535, 70000, 200000])))
                else:
                    end.send(chance.choice([header, b""]) + body)
            except OSError:
                pass
            if turn == 1000:
                berthd.ask(request(LISTEN, identity, number=-5))
                berthd.ask(request(CONNECT, identity, to=endpoint("10.0.0.1", 9)), [end.fileno()])
            if turn == 1500:
                end.shutdown(chance.choice([socket.SHUT_RD, socket.SHUT_WR]))
        berthd.is_quiet()
        end.close()
    nothing.close()
    berthd.settles_at(before)
    berthd.is_quiet()


def descriptors_sent_over_a_flowing_connection(berthd):
    before = berthd.descriptors()
    server, identity = berthd.open(socket.SOCK_STREAM, host=b"server")
    expect(berthd.ask(request(BIND, identity, to=endpoint("10.0.0.1", 7001))).error == 0, "bind")
    expect(berthd.ask(request(LISTEN, identity, number=-2147483648)).error == 0, "listen")
    end, identity = berthd.open(socket.SOCK_STREAM)
    answer = berthd.ask(request(CONNECT, identity, number=1, to=endpoint("10.0.0.1", 7001)),
                        [end.fileno()])
    expect(answer and answer.error == 0, f"connect: {answer and answer.error}")
    server.settimeout(5)
    _, control, _, _ = server.recvmsg(200, socket.CMSG_SPACE(16))
    taken = socket.socket(fileno=array.array("i", control[0][2][:4])[0])
    nothing = open("/dev/null", "rb")
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [nothing.fileno()] * 50))]
    taken.settimeout(5)
    for turn in range(100):
        end.sendmsg([b"%04d" % turn], rights)
        got = b""
        while len(got) < 4:
            got += taken.recv(4 - len(got))
        expect(got == b"%04d" % turn, f"byte stream: {got!r}")
    server.setblocking(False)
    try:
        server.send(b"a listener speaks")
        raise Failure("a listener can be written to")
    except BlockingIOError:
        pass
    during = berthd.descriptors()
    expect(during <= before + 8, f"descriptors stay in the daemon: {during - before}")
    nothing.close()
    for one in (end, taken, server):
        one.close()
    berthd.settles_at(before)


def twenty_thousand_sockets_leave_nothing(berthd):
    """Opened and closed; every tenth connected first, and reset."""
    listener, identity = berthd.open(socket.SOCK_STREAM, host=b"server")
    berthd.ask(request(BIND, identity, to=endpoint("10.0.0.1", 7002)))
    berthd.ask(request(LISTEN, identity, number=4096))
    listener.settimeout(10)
    client = berthd.client()
    cycles = int(os.environ.get("BERTH_HOSTILE_CYCLES", "20000"))
    memory = 0
    linger = struct.pack("ii", 1, 0)
    for turn in range(cycles):
        if turn == cycles // 4:
            memory, before = berthd.resident_kb(), berthd.descriptors()
        kind = socket.SOCK_DGRAM if turn % 10 == 5 else socket.SOCK_STREAM
        answer = berthd.ask(request(SOCKET, domain=2, kind=kind, host=b"client"), client=client)
        expect(answer and answer.error == 0, f"socket {turn}: {answer and answer.error}")
        fd = answer.descriptors[0]
        if turn % 10 == 1:
            berthd.ask(request(SET_OPTION, answer.identity, level=1, name=13, data=linger),
                       client=client)
            answer = berthd.ask(request(CONNECT, answer.identity, number=1,
                                        to=endpoint("10.0.0.1", 7002)), [fd], client)
            expect(answer and answer.error == 0, f"connect {turn}: {answer and answer.error}")
            _, control, _, _ = listener.recvmsg(200, socket.CMSG_SPACE(16))
            os.close(array.array("i", control[0][2][:4])[0])
        os.close(fd)
    berthd.settles_at(before + 1)
    grown = berthd.resident_kb() - memory
    # The rows of closed sockets, the quarantine of a sanitizer: bounded, but not nothing.
    limit = (160 << 10) if "asan" in open(f"/proc/{berthd.process.pid}/maps").read() else 24 << 10
    expect(grown < limit, f"{cycles} sockets cost {grown} KiB")
    client.close()
    listener.close()


def tables_for_every_terminal(berthd):
    held = [berthd.open(kind) for kind in (1, 2) for _ in range(20)]
    for number, (_, identity) in enumerate(held):
        berthd.ask(request(BIND, identity, to=endpoint(port=1000 + number)))
    for columns in ("0", "1", "20", "10000", "-1", "x", "99999999999999999999"):
        environment = dict(os.environ, COLUMNS=columns)
        command = f"{berthd.berth} netstat -W; {berthd.berth} netstat -ano"
        berthd.call("script", "-qec", command, "/dev/null", env=environment,
                    stdin=subprocess.DEVNULL)
    broken = subprocess.Popen([berthd.berth, "netstat"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    broken.stdout.close()
    said = broken.stderr.read()
    broken.wait(10)
    expect(b"anitizer" not in said, said)
    for end, _ in held:
        end.close()


def boards_that_lie(berthd):
    """Cut short, or its rows full of anything: readers say so, or show what they can."""
    end, identity = berthd.open(socket.SOCK_STREAM)
    berthd.ask(request(BIND, identity, to=endpoint(port=1234)))
    with open(berthd.directory + "/board", "rb") as handle:
        head = handle.read(BOARD_ROWS_AT + 65536)
        handle.seek(0, os.SEEK_END)
        size = handle.tell()
    row_bytes = struct.unpack_from("=I", head, 12)[0]
    chance = random.Random(4)
    place = os.path.join(berthd.work, "fake")
    os.makedirs(place, exist_ok=True)
    environment = dict(os.environ, BERTH_DIR=place)

    def show(what):
        for words in (("netstat", "-W", "--footer"), ("hosts",)):
            done = berthd.call(berthd.berth, *words, env=environment, check=False, timeout=20)
            expect(done.returncode in range(5), f"{what}: exit {done.returncode}: {done.stderr}")
            expect(b"\x1b" not in done.stdout and b"\x07" not in done.stdout,
                   f"{what}: control bytes reach the terminal: {done.stdout[:300]!r}")
        berthd.call(berthd.berth, "run", "--host", "client", "/bin/true", env=environment,
                    check=False, timeout=20)

    def write(data, length):
        with open(place + "/board", "wb") as handle:
            handle.write(data)
            handle.truncate(length)

    for length in (0, 1, 64, 65536, size - 1):
        write(head[:length], length)
        show(f"a board of {length} bytes")
    for turn in range(12):
        lie = bytearray(head)
        used = chance.choice([1, 100, 0xFFFFFFFF])
        struct.pack_into("=I", lie, 32, used)
        for host in range(4):
            lie[BOARD_HOSTS_AT + host * 160:BOARD_HOSTS_AT + host * 160 + 4] = b"\x1b[2J"
        for at in range(BOARD_ROWS_AT, len(lie) - row_bytes, row_bytes):
            body = bytes(chance.randrange(256) for _ in range(row_bytes))
            lie[at:at + row_bytes] = body
            struct.pack_into("=II", lie, at, chance.choice([0, 0, 1]), 1)
            lie[at + 8] = chance.choice([0, 1, 2, 3, 255])
            struct.pack_into("=H", lie, at + 12, chance.choice([0, 1, 3, 65535]))
        write(lie, size)
        show(f"a board that lies, number {turn}")
    end.close()


def captures_that_lie(berthd):
    path = os.path.join(berthd.work, "lie.pcapng")
    section = struct.pack("=IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    link = struct.pack("=IIHHII", 1, 20, 1, 0, 0, 20)
    frame = bytes(range(60))
    packet = struct.pack("=IIIIIII", 6, 92, 0, 0, 0, 60, 60) + frame + struct.pack("=I", 92)
    whole = section + link + packet
    chance = random.Random(5)
    for turn in range(150):
        lie = bytearray(whole * 2)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(lie))
            lie[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        with open(path, "wb") as handle:
            handle.write(lie[:chance.randrange(len(lie) + 1)])
        done = berthd.call(berthd.berth, "trace", "--read", path, check=False, timeout=20)
        expect(done.returncode in range(5) and b"anitizer" not in done.stderr,
               f"turn {turn}: exit {done.returncode} {done.stderr[-500:]}")
        expect(b"\x1b" not in done.stdout, "control bytes")


def names_of_programs_do_not_steer_the_terminal(berthd):
    code = ("import ctypes,socket,time\n"
            "ctypes.CDLL(None).prctl(15,b'\\x1b[2J\\xc2\\x9b1m\\n\\x07',0,0,0)\n"
            "l=socket.create_server(('10.0.0.1',7003)); print('up',flush=True); time.sleep(60)")
    child = subprocess.Popen([berthd.berth, "run", "--host", "server", PYTHON, "-c", code],
                             stdout=subprocess.PIPE)
    berthd.children.append(child)
    expect(child.stdout.readline() == b"up\n", "the program is up")
    told = berthd.run(PYTHON, "-c", "import socket; socket.create_server(('10.0.0.1',7003))",
                      host="server", check=False)
    for words in (("netstat",), ("port", "7003"), ("netstat", "-W", "--footer")):
        told.stdout += berthd.call(berthd.berth, *words, check=False).stdout
    for bad in (b"\x1b", b"\xc2\x9b", b"\x07"):
        expect(bad not in told.stdout + told.stderr, f"{bad!r} in {told.stdout + told.stderr!r}")
    child.kill()
    child.wait()
    berthd.children.remove(child)


PROGRAMS = {
    "a program closes and covers every descriptor": r'''
import os, socket
l = socket.create_server(("10.0.0.2", 0)); at = l.getsockname()
s = socket.create_connection(at); a, _ = l.accept()
os.dup2(s.fileno(), l.fileno())
assert l.getsockname() == s.getsockname()
os.dup2(os.open("/dev/null", os.O_RDWR), a.fileno())
try: a.getpeername(); raise SystemExit(1)
except OSError as e: assert e.errno == 88, e
os.closerange(3, 1024)
n = socket.create_server(("10.0.0.2", at[1])); c = socket.create_connection(at); n.accept()
''',
    "fifty children share a listener": r'''
import os, socket
l = socket.create_server(("10.0.0.2", 0), backlog=100); at = l.getsockname()
pids = []
for i in range(50):
    pid = os.fork()
    if pid == 0:
        a, _ = l.accept(); a.sendall(str(os.getpid()).encode()); a.close(); os._exit(0)
    pids.append(pid)
seen = set()
for i in range(50):
    with socket.create_connection(at, 20) as s: seen.add(int(s.recv(99)))
for pid in pids: assert os.waitpid(pid, 0)[1] == 0
assert seen == set(pids), len(seen)
''',
    "sixty-four threads connect at once": r'''
import socket, threading
l = socket.create_server(("10.0.0.2", 0), backlog=128); at = l.getsockname()
good = []
def talk():
    for _ in range(5):
        with socket.create_connection(at, 20) as s:
            s.sendall(b"hello"); good.append(s.recv(9))
threads = [threading.Thread(target=talk) for _ in range(64)]
for t in threads: t.start()
for _ in range(64 * 5):
    a, _ = l.accept(); a.sendall(a.recv(9)); a.close()
for t in threads: t.join()
assert good == [b"hello"] * 320, len(good)
''',
    "a storm of signals meets connect and accept": r'''
import signal, socket
count = [0]
def hit(*_): count[0] += 1
signal.signal(signal.SIGALRM, hit)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0007)
for turn in range(200):
    l = socket.create_server(("10.0.0.2", 0)); s = socket.create_connection(l.getsockname())
    a, _ = l.accept(); s.sendall(b"x" * 5000); got = b""
    while len(got) < 5000: got += a.recv(5000)
    for one in (a, s, l): one.close()
signal.setitimer(signal.ITIMER_REAL, 0)
assert count[0] > 10
''',
    "vfork, exec and what is inherited": r'''
import os, socket, subprocess, sys
l = socket.create_server(("10.0.0.2", 0)); at = l.getsockname()
s = socket.create_connection(at); a, _ = l.accept()
code = """import os, socket, sys
s = socket.socket(fileno=int(sys.argv[1])); s.sendall(b'child %d' % s.getpeername()[1])"""
for env in (None, dict(os.environ), {}):
    subprocess.run([sys.executable, "-c", code, str(a.fileno())], pass_fds=[a.fileno()],
                   check=env != {}, env=env, stderr=subprocess.DEVNULL)
s.settimeout(5); assert s.recv(999).startswith(b"child")
assert subprocess.run(["/bin/true"], close_fds=True).returncode == 0
''',
    "few descriptors are left": r'''
import os, resource, socket, errno
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
l = socket.create_server(("10.0.0.2", 0)); at = l.getsockname()
kept, why = [], None
for turn in range(40):
    try: kept.append(socket.socket())
    except OSError as e: why = e.errno; break
assert why == errno.EMFILE, why
for one in kept[-3:]: one.close()
s = socket.socket(); s.connect(at)
spare = []
try:
    while True: spare.append(os.dup(0))
except OSError: pass
l.settimeout(2)
try: l.accept(); raise SystemExit("accepted without a descriptor")
except OSError as e: assert e.errno == errno.EMFILE, e
os.close(spare.pop())
os.close(spare.pop()) if spare else kept[0].close()
a, _ = l.accept(); a.sendall(b"late"); assert s.recv(9) == b"late"
''',
    "times for receiving and sending": r'''
import socket, struct, time
l = socket.create_server(("10.0.0.2", 0))
l.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 200000))
began = time.monotonic()
try: socket.socket.accept(l); raise SystemExit(1)
except BlockingIOError: pass
s = socket.create_connection(l.getsockname()); a, _ = l.accept()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 200000))
try: s.recv(9); raise SystemExit(1)
except BlockingIOError: pass
assert 0.35 < time.monotonic() - began < 3
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 300000))
try: s.connect(("10.0.0.99", 9)); raise SystemExit(1)
except OSError as e: assert e.errno in (115, 11, 113), e
''',
    "an environment that was cleared": r'''
import ctypes, os, socket
ctypes.CDLL(None).clearenv(); os.environ.clear()
l = socket.create_server(("10.0.0.2", 0)); s = socket.create_connection(l.getsockname())
a, _ = l.accept(); a.sendall(b"x"); assert s.recv(9) == b"x"
''',
    "a root directory of its own": r'''
import os, socket, tempfile
if os.geteuid() != 0: raise SystemExit(0)
l = socket.create_server(("10.0.0.2", 0)); s = socket.create_connection(l.getsockname())
place = tempfile.mkdtemp(); os.chroot(place); os.chdir("/")
a, _ = l.accept(); a.sendall(b"x"); assert s.recv(9) == b"x"
assert a.getpeername() == s.getsockname()
try: socket.socket(); raise SystemExit("a socket from nowhere")
except OSError as e: assert e.errno == 100, e
''',
}


def program_case(name, code):
    def case(berthd):
        before = berthd.descriptors()
        berthd.run(PYTHON, "-c", code, timeout=60)
        berthd.settles_at(before)
    case.__name__ = name
    return case


CASES = [messages_that_are_no_requests, requests_of_chance,
         descriptors_where_none_belong_are_closed, a_thousand_silent_clients_keep_nobody_out,
         clients_that_vanish_while_they_wait, a_watcher_that_never_reads, identities_of_others,
         hosts_with_hostile_names_and_counts, a_pair_is_flooded_with_nonsense,
         descriptors_sent_over_a_flowing_connection, twenty_thousand_sockets_leave_nothing,
         tables_for_every_terminal, boards_that_lie, captures_that_lie,
         names_of_programs_do_not_steer_the_terminal]
CASES += [program_case(name, code) for name, code in PROGRAMS.items()]


def run_case(berthd, number, case):
    name = case.__name__.replace("_", " ")
    try:
        case(berthd)
        berthd.is_well()
        expect("anitizer" not in berthd.said() and "runtime error" not in berthd.said(),
               berthd.said()[-1500:])
        print(f"ok {number} - {name}", flush=True)
        return 0
    except (Failure, subprocess.TimeoutExpired, OSError, ValueError) as error:
        print(f"not ok {number} - {name}", flush=True)
        for line in f"{type(error).__name__}: {error}"[:1500].splitlines():
            print(f"# {line}", flush=True)
        return 1


def main():
    if len(sys.argv) < 2:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    chosen = [case for case in CASES if not sys.argv[2:] or
              case.__name__.replace(" ", "_") in sys.argv[2:]]
    print(f"1..{len(chosen)}", flush=True)
    berthd = Daemon(os.path.abspath(sys.argv[1]))
    failed = 0
    try:
        berthd.start()
        for number, case in enumerate(chosen, 1):
            failed += run_case(berthd, number, case)
            if berthd.process.poll() is not None:  # the next ones deserve a living one
                berthd.start()
    finally:
        berthd.finish()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
