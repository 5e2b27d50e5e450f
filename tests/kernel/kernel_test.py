#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Linux as the other computer: a TAP in a network namespace of this test's own.

usage: kernel_test.py BUILD_DIR       speaks TAP (the test protocol)

One side of every exchange is the kernel's own TCP, UDP, ICMP; the other is a berth host with
unmodified programs. Skipped with a plain word where namespaces or /dev/net/tun are not permitted.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

KERNEL = {4: "10.9.0.1", 6: "fd09::1"}
BERTH = {4: "10.9.0.2", 6: "fd09::2"}
GIBIBYTE = 1 << 30
PYTHON = "/usr/bin/python3"


class Failure(Exception):
    pass


class Bench:
    """The namespace's inside: one daemon, one host on a TAP."""

    def __init__(self, build):
        self.berth = os.path.join(build, "berth")
        self.work = tempfile.mkdtemp(prefix="berth-kernel-")
        os.environ["BERTH_DIR"] = os.path.join(self.work, "run")
        self.children = []

    def call(self, *words, timeout=60, check=True, **more):
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, **more)
        if check and done.returncode != 0:
            raise Failure(f"{' '.join(words)}: exit {done.returncode}: {done.stderr.strip()}"
                          f" {done.stdout.strip()[-300:]}")
        return done

    def run(self, *words, **more):
        return self.call(self.berth, "run", *words, **more)

    def spawn(self, *words, **more):
        child = subprocess.Popen(words, stdout=more.pop("stdout", subprocess.DEVNULL),
                                 stderr=more.pop("stderr", subprocess.DEVNULL), **more)
        self.children.append(child)
        return child

    def stop(self, child):
        child.terminate()
        child.wait(10)
        self.children.remove(child)

    def start(self):
        self.call("ip", "link", "set", "lo", "up")
        self.call(self.berth, "up", "guest", "--addr", f"{BERTH[4]}/24", "--addr",
                  f"{BERTH[6]}/64", "--link", "tap:tap0")
        self.call("sysctl", "-qw", "net.ipv6.conf.tap0.accept_dad=0", check=False)
        self.call("ip", "addr", "add", f"{KERNEL[4]}/24", "dev", "tap0")
        self.call("ip", "-6", "addr", "add", f"{KERNEL[6]}/64", "dev", "tap0", "nodad")
        self.call("ip", "link", "set", "tap0", "up")
        wait_until(lambda: self.call("ping", "-c1", "-W1", BERTH[4], check=False).returncode == 0,
                   "the host answers ping")

    def finish(self):
        for child in list(self.children):
            child.kill()
            child.wait()
        subprocess.run([self.berth, "down", "--all"], capture_output=True, timeout=20)
        shutil.rmtree(self.work, ignore_errors=True)

    def listens(self, port, protocol="tcp"):
        """Wait until a program on the berth host holds port."""
        flag = "-lt" if protocol == "tcp" else "-lu"
        wait_until(lambda: f":{port}" in self.call(self.berth, "netstat", flag, "--port",
                                                   str(port), check=False).stdout,
                   f"{protocol} port {port} is held")

    def kernel_listens(self, port, protocol="tcp"):
        flag = "-Hltn" if protocol == "tcp" else "-Hlun"
        wait_until(lambda: f":{port} " in self.call("ss", flag).stdout,
                   f"the kernel's {protocol} port {port} is held")


def wait_until(condition, what, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise Failure(f"did not happen within {seconds} s: {what}")


def expect(condition, words):
    if not condition:
        raise Failure(words)


def bracket(address):
    return f"[{address}]" if ":" in address else address


def ping(bench, version):
    out = bench.call("ping", "-c5", "-i0.05", "-s1000", "-W2", BERTH[version]).stdout
    expect("5 received" in out, out)


def kernel_fetches_from_berth(bench, version):
    data = os.urandom(10_000_000)
    with open(os.path.join(bench.work, "served"), "wb") as handle:
        handle.write(data)
    server = bench.spawn(bench.berth, "run", PYTHON, "-m", "http.server", "80", "--bind",
                         BERTH[version], "--directory", bench.work)
    bench.listens(80)
    copy = os.path.join(bench.work, "fetched")
    bench.call("curl", "-sS", "-g", "--max-time", "30", "-o", copy,
               f"http://{bracket(BERTH[version])}/served")
    bench.stop(server)
    with open(copy, "rb") as handle:
        expect(handle.read() == data, "the copy differs")


def berth_fetches_from_kernel(bench, version):
    data = os.urandom(10_000_000)
    with open(os.path.join(bench.work, "served"), "wb") as handle:
        handle.write(data)
    server = bench.spawn(PYTHON, "-m", "http.server", "8080", "--bind", KERNEL[version],
                         "--directory", bench.work)
    bench.kernel_listens(8080)
    copy = os.path.join(bench.work, "fetched")
    bench.run("curl", "-sS", "-g", "--max-time", "30", "-o", copy,
              f"http://{bracket(KERNEL[version])}:8080/served")
    bench.stop(server)
    with open(copy, "rb") as handle:
        expect(handle.read() == data, "the copy differs")


def udp_both_ways(bench, version):
    """An echo server on the one side, a client on the other; then the roles change."""
    server = ("import socket,sys; s=socket.socket(%d,socket.SOCK_DGRAM); s.bind(('%s',%d));\n"
              "for _ in range(20):\n  d,a=s.recvfrom(65536); s.sendto(d[::-1],a)")
    client = ("import socket,sys; s=socket.socket(%d,socket.SOCK_DGRAM); s.settimeout(5)\n"
              "for n in range(20):\n  d=bytes([n])*(n*70+1)+b'x'; s.sendto(d,('%s',%d)); "
              "r,a=s.recvfrom(65536); assert r==d[::-1],(len(r),len(d)); assert a[1]==%d")
    family = 2 if version == 4 else 10
    echo = bench.spawn(bench.berth, "run", PYTHON, "-c", server % (family, BERTH[version], 7))
    bench.listens(7, "udp")
    bench.call(PYTHON, "-c", client % (family, BERTH[version], 7, 7))
    echo.wait(10)
    echo = bench.spawn(PYTHON, "-c", server % (family, KERNEL[version], 7))
    bench.kernel_listens(7, "udp")
    bench.run(PYTHON, "-c", client % (family, KERNEL[version], 7, 7))
    echo.wait(10)


def refused_both_ways(bench, version):
    """A closed port answers: RST for TCP, ICMP port unreachable for connected UDP."""
    family = 2 if version == 4 else 10
    tcp = ("import socket\ns=socket.socket(%d)\ntry: s.connect(('%s',4444)); print('?')\n"
           "except ConnectionRefusedError: print('refused')")
    udp = ("import socket\ns=socket.socket(%d,socket.SOCK_DGRAM); s.settimeout(5)\n"
           "s.connect(('%s',4444)); s.send(b'?')\ntry: s.recv(9); print('?')\n"
           "except ConnectionRefusedError: print('refused')")
    for code in (tcp, udp):
        expect("refused" in bench.call(PYTHON, "-c", code % (family, BERTH[version])).stdout,
               "the kernel was not refused")
        expect("refused" in bench.run(PYTHON, "-c", code % (family, KERNEL[version])).stdout,
               "berth was not refused")


def iperf3(bench, version):
    server = bench.spawn(bench.berth, "run", "iperf3", "-s", "-B", BERTH[version])
    for reverse in ([], ["-R"]):
        bench.listens(5201)  # the server opens its port anew for each test
        out = json.loads(bench.call("iperf3", "-J", "-t", "1", "-c", BERTH[version],
                                    *reverse).stdout)
        expect("error" not in out, str(out.get("error")))
        expect(out["end"]["sum_received"]["bytes"] > 1_000_000, "hardly anything arrived")
    bench.stop(server)


def iperf3_kernel_server(bench, version):
    server = bench.spawn("iperf3", "-s", "-B", KERNEL[version])
    for reverse in ([], ["-R"]):
        bench.kernel_listens(5201)
        out = json.loads(bench.run("iperf3", "-J", "-t", "1", "-c", KERNEL[version],
                                   *reverse).stdout)
        expect("error" not in out, str(out.get("error")))
        expect(out["end"]["sum_received"]["bytes"] > 1_000_000, "hardly anything arrived")
    bench.stop(server)


SEND = ("import hashlib,os,socket\nblock=os.urandom(1<<20); sum=hashlib.sha256()\n"
        "s=socket.create_connection(('%s',5000))\n"
        "for n in range(%d):\n  piece=n.to_bytes(8,'big')+block[8:]; sum.update(piece); "
        "s.sendall(piece)\ns.shutdown(1); assert s.recv(9)==b''; print(sum.hexdigest())")
TAKE = ("import hashlib,socket\nsum=hashlib.sha256(); size=0\n"
        "l=socket.create_server(('%s',5000),family=%d); s,_=l.accept()\n"
        "while True:\n  piece=s.recv(1<<20)\n  if not piece: break\n"
        "  sum.update(piece); size+=len(piece)\nprint(size,sum.hexdigest())")


def gibibyte(bench, version, outward):
    family = 2 if version == 4 else 10
    take_at = KERNEL if outward else BERTH
    prefix = [] if outward else [bench.berth, "run"]
    taker = bench.spawn(*prefix, PYTHON, "-c", TAKE % (take_at[version], family),
                        stdout=subprocess.PIPE, text=True)
    (bench.kernel_listens if outward else bench.listens)(5000)
    send = bench.run if outward else bench.call
    sent = send(PYTHON, "-c", SEND % (take_at[version], GIBIBYTE >> 20), timeout=120).stdout.strip()
    out, _ = taker.communicate(timeout=60)
    bench.children.remove(taker)
    size, digest = out.split()
    expect(int(size) == GIBIBYTE, f"{size} bytes arrived")
    expect(digest == sent, "the sums differ")


def tables_agree(bench, version):
    """ss and berth netstat tell of the same connection, each from its end."""
    family = 2 if version == 4 else 10
    hold = ("import socket,time; l=socket.create_server(('%s',6000),family=%d); s,a=l.accept(); "
            "time.sleep(30)")
    server = bench.spawn(bench.berth, "run", PYTHON, "-c", hold % (BERTH[version], family))
    bench.listens(6000)
    client = bench.spawn(PYTHON, "-c", "import socket,time; "
                         f"s=socket.create_connection(('{BERTH[version]}',6000)); time.sleep(30)")
    here = f"{bracket(BERTH[version])}:6000"
    wait_until(lambda: here in bench.call("ss", "-Htn", "state", "established").stdout,
               "ss shows it")
    words = [w for line in bench.call("ss", "-Htn", "state", "established").stdout.splitlines()
             for w in [line.split()] if w[-1] == here][0]
    row = bench.call(bench.berth, "netstat", "-cHW", "--port", "6000").stdout.split()
    expect(row[1] == here and row[2] == words[-2] and row[3] == "ESTABLISHED",
           f"{row} against {words}")
    expect(row[4] == str(server.pid), f"PID {row[4]}, not {server.pid}")
    mac = bench.call("ip", "-br", "link", "show", "tap0").stdout.split()[2]
    expect(mac in row, f"next hop {mac} not in {row}")
    bench.stop(client)
    bench.stop(server)


def cases():
    for version in (4, 6):
        yield f"ping over IPv{version}", ping, (version,)
        yield f"the kernel fetches 10 MB from berth over IPv{version}", \
            kernel_fetches_from_berth, (version,)
        yield f"berth fetches 10 MB from the kernel over IPv{version}", \
            berth_fetches_from_kernel, (version,)
        yield f"UDP echo both ways over IPv{version}", udp_both_ways, (version,)
        yield f"closed ports refuse both ways over IPv{version}", refused_both_ways, (version,)
        yield f"iperf3 with the server on berth over IPv{version}", iperf3, (version,)
        yield f"iperf3 with the server on the kernel over IPv{version}", \
            iperf3_kernel_server, (version,)
        yield f"ss and berth netstat agree over IPv{version}", tables_agree, (version,)
    yield "1 GiB from the kernel to berth, checksummed", gibibyte, (4, False)
    yield "1 GiB from berth to the kernel, checksummed", gibibyte, (4, True)
    yield "1 GiB from berth to the kernel over IPv6, checksummed", gibibyte, (6, True)


def main():
    if len(sys.argv) < 2:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    all_cases = list(cases())
    if "inside" not in sys.argv:
        if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode != 0:
            return skip_all(all_cases, "network namespaces are not permitted here")
        if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
            return skip_all(all_cases, "/dev/net/tun may not be opened here")
        os.execvp("unshare", ["unshare", "-rn", sys.executable, *sys.argv, "inside"])
    print(f"1..{len(all_cases)}", flush=True)
    bench = Bench(sys.argv[1])
    failed = 0
    try:
        bench.start()
        for number, (name, function, arguments) in enumerate(all_cases, 1):
            try:
                function(bench, *arguments)
                print(f"ok {number} - {name}", flush=True)
            except (Failure, subprocess.TimeoutExpired, AssertionError, IndexError) as error:
                failed += 1
                print(f"not ok {number} - {name}\n# {str(error)[:500]}", flush=True)
                for child in list(bench.children):
                    child.kill()
                    child.wait()
                    bench.children.remove(child)
    except Failure as error:
        print(f"Bail out! {error}", flush=True)
        failed += 1
    finally:
        bench.finish()
    return 1 if failed else 0


def skip_all(all_cases, why):
    print(f"1..{len(all_cases)}")
    for number, (name, _, _) in enumerate(all_cases, 1):
        print(f"ok {number} - {name} # SKIP {why}")
    return 0


sys.exit(main())
