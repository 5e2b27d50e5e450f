#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real programs, unmodified, on two hosts of berth: results checked, deaths too.

usage: programs_test.py BUILD_DIR       speaks TAP
"""
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PYTHON = "/usr/bin/python3"
SERVER, CLIENT = "10.0.0.1", "10.0.0.2"
SERVER6 = "fd00::1"


class Failure(Exception):
    pass


class Skip(Exception):
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


class Lab:
    """One daemon, hosts "server" and "client" on a simulated cable."""

    def __init__(self, build):
        self.berth = os.path.join(build, "berth")
        self.work = tempfile.mkdtemp(prefix="berth-programs-")
        os.environ["BERTH_DIR"] = os.path.join(self.work, "run")
        self.children = []

    def call(self, *words, timeout=60, check=True, **more):
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, **more)
        if check and done.returncode != 0:
            raise Failure(f"{' '.join(words)[:200]}: exit {done.returncode}: "
                          f"{done.stderr.strip()[-300:]} {done.stdout.strip()[-200:]}")
        return done

    def client(self, *words, **more):
        return self.call(self.berth, "run", "--host", "client", *words, **more)

    def serve(self, *words, host="server", **more):
        child = subprocess.Popen([self.berth, "run", "--host", host, *words],
                                 stdout=more.pop("stdout", subprocess.DEVNULL),
                                 stderr=more.pop("stderr", subprocess.DEVNULL), **more)
        self.children.append(child)
        return child

    def stop(self, child, number=signal.SIGTERM):
        child.send_signal(number)
        child.wait(10)
        self.children.remove(child)

    def netstat(self, *flags):
        return self.call(self.berth, "netstat", "-H", *flags, check=False).stdout

    def listens(self, port, protocol="t"):
        wait_until(lambda: f":{port} " in self.netstat(f"-l{protocol}", "--port", str(port)),
                   f"port {port} is held")

    def free(self, port):
        wait_until(lambda: not self.netstat("-l", "--port", str(port)), f"port {port} is free")

    def up(self):
        for name, four, six in (("server", SERVER, SERVER6), ("client", CLIENT, "fd00::2")):
            self.call(self.berth, "up", name, "--addr", f"{four}/24", "--addr", f"{six}/64")

    def end_children(self):
        for child in list(self.children):
            child.kill()
            child.wait()
        self.children.clear()

    def finish(self):
        self.end_children()
        subprocess.run([self.berth, "down", "--all"], capture_output=True, timeout=20)
        shutil.rmtree(self.work, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.work, name)


def random_file(lab, name, size):
    data = os.urandom(size)
    os.makedirs(lab.path("www"), exist_ok=True)
    with open(lab.path("www/" + name), "wb") as handle:
        handle.write(data)
    return hashlib.sha256(data).hexdigest()


def digest(path):
    with open(path, "rb") as handle:
        return hashlib.sha256(handle.read()).hexdigest()


def need(program):
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if not found:
        raise Skip(f"{program} is not installed")
    return found


def curl_and_wget_fetch_from_http_server(lab):
    need("wget")
    want = random_file(lab, "data", 5_000_000)
    server = lab.serve(PYTHON, "-m", "http.server", "80", "--directory", lab.path("www"))
    lab.listens(80)
    lab.client("curl", "-sS", "--max-time", "30", "-o", lab.path("a"), f"http://{SERVER}/data")
    expect(digest(lab.path("a")) == want, "curl's copy differs")
    lab.client("wget", "-q", "-T", "30", "-t", "1", "-O", lab.path("b"), f"http://{SERVER}/data")
    expect(digest(lab.path("b")) == want, "wget's copy differs")
    lab.stop(server)
    lab.free(80)


def http_server_over_ipv6(lab):
    want = random_file(lab, "data6", 2_000_000)
    server = lab.serve(PYTHON, "-m", "http.server", "80", "--bind", "::", "--directory",
                       lab.path("www"))
    lab.listens(80)
    for address in (f"[{SERVER6}]", SERVER):  # a dual-stack socket takes both
        lab.client("curl", "-sS", "-g", "--max-time", "30", "-o", lab.path("a"),
                   f"http://{address}/data6")
        expect(digest(lab.path("a")) == want, f"the copy over {address} differs")
    lab.stop(server)


def curl_uploads(lab):
    want = random_file(lab, "upload", 8_000_000)
    code = ("import hashlib,http.server\n"
            "class H(http.server.BaseHTTPRequestHandler):\n"
            "  def do_PUT(self):\n"
            "    d=self.rfile.read(int(self.headers['Content-Length']))\n"
            "    b=hashlib.sha256(d).hexdigest().encode()\n"
            "    self.send_response(200); self.send_header('Content-Length',str(len(b)))\n"
            "    self.end_headers(); self.wfile.write(b)\n"
            "  def log_message(self,*a): pass\n"
            "http.server.ThreadingHTTPServer(('',80),H).serve_forever()")
    server = lab.serve(PYTHON, "-c", code)
    lab.listens(80)
    out = lab.client("curl", "-sS", "--max-time", "30", "-T", lab.path("www/upload"),
                     f"http://{SERVER}/x").stdout
    expect(out == want, f"{out} arrived")
    lab.stop(server)


def nginx_with_two_workers(lab):
    nginx = need("nginx")
    want = random_file(lab, "page", 300_000)
    os.chmod(lab.work, 0o755)
    with open(lab.path("nginx.conf"), "w") as handle:
        handle.write(f"""
worker_processes 2; pid {lab.path('nginx.pid')}; error_log {lab.path('nginx.log')}; daemon off;
user root;
events {{ worker_connections 512; }}
http {{ access_log off; server {{ listen 80; listen [::]:80 ipv6only=on; root {lab.path('www')};
  sendfile on; tcp_nopush on; keepalive_timeout 5; }}
  client_body_temp_path {lab.path('t1')}; proxy_temp_path {lab.path('t2')};
  fastcgi_temp_path {lab.path('t3')}; uwsgi_temp_path {lab.path('t4')};
  scgi_temp_path {lab.path('t5')}; }}
""")
    server = lab.serve(nginx, "-c", lab.path("nginx.conf"))
    lab.listens(80)
    for n in range(8):
        lab.client("curl", "-sS", "-g", "--max-time", "20", "-o", lab.path("a"),
                   f"http://{SERVER if n % 2 else '[' + SERVER6 + ']'}/page")
        expect(digest(lab.path("a")) == want, "the page differs")
    owners = lab.netstat("-l", "--port", "80")
    expect("nginx +2" in owners, f"master and two workers hold the port: {owners}")
    wrk = shutil.which("wrk")
    if wrk:
        out = lab.client(wrk, "-t1", "-c16", "-d1", f"http://{SERVER}/page").stdout
        expect("Socket errors" not in out and "Non-2xx" not in out, out)
    lab.stop(server, signal.SIGQUIT)
    lab.free(80)


def redis_and_its_benchmark(lab):
    server = lab.serve(need("redis-server"), "--port", "6379", "--bind", "0.0.0.0", "--save", "",
                       "--protected-mode", "no", "--dir", lab.work)
    lab.listens(6379)
    expect(lab.client("redis-cli", "-h", SERVER, "set", "k", "v").stdout.strip() == "OK", "set")
    expect(lab.client("redis-cli", "-h", SERVER, "get", "k").stdout.strip() == "v", "get")
    out = lab.client("redis-benchmark", "-h", SERVER, "-n", "5000", "-c", "20", "-t",
                     "ping,set,get,lrange_100", "-P", "4", "--csv").stdout
    expect(out.count('"') > 20 and "LRANGE" in out, out)
    lab.client("redis-cli", "-h", SERVER, "shutdown", "nosave", check=False)
    server.wait(10)
    lab.children.remove(server)
    lab.free(6379)


def iperf3_both_ways(lab):
    server = lab.serve(need("iperf3"), "-s")
    lab.listens(5201)
    for more in ([], ["-R"], ["-P", "4"], ["-u", "-b", "50M", "-l", "1000"], ["-6"]):
        address = SERVER6 if "-6" in more else SERVER
        lab.listens(5201)  # the server opens its port anew for each test
        out = json.loads(lab.client("iperf3", "-J", "-t", "1", "-c", address, *more).stdout)
        expect("error" not in out, f"{more}: {out.get('error')}")
        total = out["end"].get("sum_received") or out["end"]["sum"]
        expect(total["bytes"] > 1_000_000, f"{more}: hardly anything arrived")
    lab.stop(server)


def socat_over_tcp_and_udp(lab):
    need("socat")
    data = os.urandom(3_000_000)
    with open(lab.path("in"), "wb") as handle:
        handle.write(data)
    server = lab.serve("socat", "-u", "TCP-LISTEN:7000,reuseaddr", f"CREATE:{lab.path('out')}")
    lab.listens(7000)
    lab.client("socat", "-u", f"FILE:{lab.path('in')}", f"TCP:{SERVER}:7000")
    server.wait(10)
    lab.children.remove(server)
    with open(lab.path("out"), "rb") as handle:
        expect(handle.read() == data, "the copy differs")
    echo = lab.serve("socat", "UDP-LISTEN:7001,fork", "EXEC:cat")
    lab.listens(7001, "u")
    out = lab.client("socat", "-t1", "-", f"UDP:{SERVER}:7001", input="to and fro").stdout
    expect(out == "to and fro", repr(out))
    lab.stop(echo)


HOLD = ("import socket,time\nl=socket.create_server(('',%d)); s,a=l.accept()\n"
        "print('accepted',flush=True); time.sleep(60)")


def sigkill_frees_the_port_and_tells_the_peer(lab):
    server = lab.serve(PYTHON, "-c", HOLD % 7100, stdout=subprocess.PIPE, text=True)
    lab.listens(7100)
    peer = lab.serve(PYTHON, "-c", "import socket\n"
                     f"s=socket.create_connection(('{SERVER}',7100)); s.settimeout(20)\n"
                     "print('connected',flush=True)\n"
                     "try: print('end' if s.recv(9)==b'' else '?')\n"
                     "except ConnectionResetError: print('reset')",
                     host="client", stdout=subprocess.PIPE, text=True)
    expect(server.stdout.readline() == "accepted\n", "accept")
    expect(peer.stdout.readline() == "connected\n", "connect")
    began = time.monotonic()
    lab.stop(server, signal.SIGKILL)
    out, _ = peer.communicate(timeout=10)
    lab.children.remove(peer)
    expect(out.strip() in ("end", "reset"), out)
    expect(time.monotonic() - began < 3, "the peer was told late")
    lab.free(7100)
    again = lab.serve(PYTHON, "-c", HOLD % 7100)
    lab.listens(7100)
    lab.stop(again)


def the_second_holder_is_refused_and_the_first_is_named(lab):
    first = lab.serve(PYTHON, "-c", HOLD % 7200)
    lab.listens(7200)
    second = lab.call(lab.berth, "run", "--host", "server", PYTHON, "-c", HOLD % 7200, check=False)
    expect("Address already in use" in second.stderr, second.stderr)
    out = lab.call(lab.berth, "port", "7200").stdout
    expect(f"PID {first.pid}" in out and "python3" in out, out)
    other = lab.serve(PYTHON, "-c", HOLD % 7200, host="client")  # another computer: free
    wait_until(lambda: lab.netstat("-l", "--port", "7200").count("LISTEN") == 2, "both listen")
    lab.stop(other)
    lab.stop(first)


def exit_status_signals_and_terminal_are_the_programs(lab):
    expect(lab.client("sh", "-c", "exit 37", check=False).returncode == 37, "exit status")
    child = lab.serve("sleep", "30")
    lab.stop(child, signal.SIGUSR1)
    expect(child.returncode == -signal.SIGUSR1, f"ended by {child.returncode}")
    out = lab.client("cat", input="through the pipe").stdout
    expect(out == "through the pipe", out)
    missing = lab.client("/no/such/program", check=False)
    expect(missing.returncode == 127 and missing.stderr.count("\n") == 1, missing.stderr)


def a_slow_lossy_cable_loses_no_byte(lab):
    want = random_file(lab, "lossy", 1_000_000)
    server = lab.serve(PYTHON, "-m", "http.server", "80", "--directory", lab.path("www"))
    lab.listens(80)
    for name in ("server", "client"):
        lab.call(lab.berth, "faults", name, "delay=2ms,jitter=1ms,loss=2%,reorder=1%,corrupt=0.1%")
    lab.client("curl", "-sS", "--max-time", "50", "-o", lab.path("a"), f"http://{SERVER}/lossy")
    expect(digest(lab.path("a")) == want, "the copy differs")
    for name in ("server", "client"):
        lab.call(lab.berth, "faults", name, "none")
    lab.stop(server)


def bad_command_lines_get_one_clear_line(lab):
    for words, code in (([], 2), (["nonsense"], 2), (["up"], 2), (["up", "x"], 2),
                        (["up", "x", "--addr", "10.0.0.300/24"], 2),
                        (["up", "x", "--addr", "10.0.0.9/24", "--link", "wet:string"], 3),
                        (["up", "server", "--addr", "10.0.0.9/24"], 3),
                        (["up", "x", "--addr", "10.0.0.9/24", "--link", "sim:lan,loss=2x"], 3),
                        (["down"], 2), (["down", "nobody"], 3), (["netstat", "-k"], 2),
                        (["netstat", "--port", "70000"], 2), (["port"], 2), (["port", "-1"], 2),
                        (["port", "99999"], 2), (["port", "nosuchservice"], 1), (["trace"], 2),
                        (["trace", "nobody"], 3), (["capture", "server"], 2), (["run"], 2),
                        (["run", "--host", "nobody", "true"], 3), (["faults", "server", "wet"], 2),
                        (["counters"], 2), (["hosts", "x"], 2)):
        done = lab.call(lab.berth, *words, check=False)
        expect(done.returncode == code, f"{words}: exit {done.returncode}, not {code}: "
               f"{done.stderr}")
        expect(done.stderr.count("\n") == 1 and done.stderr.startswith("berth"),
               f"{words}: {done.stderr!r}")


def tshark_reads_a_capture(lab):
    need("tshark")
    server = lab.serve(PYTHON, "-m", "http.server", "80", "--directory", lab.work)
    lab.listens(80)
    capture = subprocess.Popen([lab.berth, "capture", "-w", lab.path("c.pcapng"), "client"],
                               stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    lab.client("curl", "-sS", "--max-time", "20", "-o", "/dev/null", f"http://{SERVER}/")
    time.sleep(0.3)
    capture.send_signal(signal.SIGINT)
    expect(capture.wait(10) == 0, "capture's exit status")
    lab.stop(server)
    out = lab.call("tshark", "-r", lab.path("c.pcapng"), "-T", "fields", "-e", "tcp.flags.str",
                   "-e", "_ws.expert").stdout
    expect("S" in out and "F" in out, out)
    expect("Malformed" not in out and "Bad checksum" not in out, out)


def dead_daemon_is_an_error_at_once(lab):
    """The last case: berthd is killed."""
    server = lab.serve(PYTHON, "-c", HOLD % 7300, stdout=subprocess.PIPE, text=True)
    lab.listens(7300)
    blocked = [lab.serve(PYTHON, "-c", code, host="client", stdout=subprocess.PIPE, text=True)
               for code in (
        "import socket\n"
        f"s=socket.create_connection(('{SERVER}',7300)); print('ready',flush=True)\n"
        "try: print('end' if s.recv(9)==b'' else '?')\nexcept OSError as e: print('error',e.errno)",
        "import socket\ns=socket.socket(2,2); s.bind(('',7301)); print('ready',flush=True)\n"
        "try: s.recvfrom(9); print('?')\nexcept OSError as e: print('error',e.errno)",
        "import socket\nl=socket.create_server(('',7302)); print('ready',flush=True)\n"
        "try: l.accept(); print('?')\nexcept OSError as e: print('error',e.errno)")]
    for child in blocked:
        expect(child.stdout.readline() == "ready\n", "a program did not get ready")
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as handle:
                mine = f"BERTH_DIR={os.environ['BERTH_DIR']}".encode() in handle.read()
            with open(f"/proc/{pid}/comm") as handle:
                if mine and handle.read().strip() == "berthd":
                    os.kill(int(pid), signal.SIGKILL)
        except OSError:
            pass
    for child in blocked:
        out, _ = child.communicate(timeout=5)
        lab.children.remove(child)
        expect(out.startswith(("end", "error")), f"a program hears nothing: {out!r}")
    late = lab.client(PYTHON, "-c", "import socket; socket.create_connection(('10.0.0.1',1))",
                      check=False)
    expect(late.returncode != 0, "berth run without a daemon")
    lab.stop(server, signal.SIGKILL)
    lab.up()  # the next daemon cleans up after the dead one
    expect("server" in lab.call(lab.berth, "hosts").stdout, "a new daemon")


CASES = [curl_and_wget_fetch_from_http_server, http_server_over_ipv6, curl_uploads,
         nginx_with_two_workers, redis_and_its_benchmark, iperf3_both_ways,
         socat_over_tcp_and_udp, sigkill_frees_the_port_and_tells_the_peer,
         the_second_holder_is_refused_and_the_first_is_named,
         exit_status_signals_and_terminal_are_the_programs, a_slow_lossy_cable_loses_no_byte,
         bad_command_lines_get_one_clear_line, tshark_reads_a_capture,
         dead_daemon_is_an_error_at_once]


def main():
    if len(sys.argv) < 2:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    chosen = [case for case in CASES if not sys.argv[2:] or case.__name__ in sys.argv[2:]]
    print(f"1..{len(chosen)}", flush=True)
    lab = Lab(os.path.abspath(sys.argv[1]))
    failed = 0
    try:
        lab.up()
        for number, case in enumerate(chosen, 1):
            name = case.__name__.replace("_", " ")
            try:
                case(lab)
                print(f"ok {number} - {name}", flush=True)
            except Skip as why:
                print(f"ok {number} - {name} # SKIP {why}", flush=True)
            except (Failure, subprocess.TimeoutExpired, OSError, ValueError) as error:
                failed += 1
                print(f"not ok {number} - {name}", flush=True)
                for line in str(error)[:600].splitlines():
                    print(f"# {line}", flush=True)
            lab.end_children()
    finally:
        lab.finish()
    return 1 if failed else 0


sys.exit(main())
