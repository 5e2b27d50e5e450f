#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""berthd is killed under a program: every call ends with an error, none waits for ever.

usage: daemon_gone_test.py PRELOAD BERTHD PROGRAM       speaks TAP
"""
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

TIME_LIMIT_S = 30
KILLED = """blocked recvfrom ENETDOWN
accept ENETDOWN
read what was there 4
stream ended 1
recv ENETDOWN
sendto ENETDOWN
connect ENETDOWN
bind ENETDOWN
setsockopt ENETDOWN
socket ENETDOWN
again""".splitlines()
ANOTHER = """old connect ENETDOWN
old getsockopt 0
new socket 1
new getsockopt 0
new bind 0""".splitlines()


def start_daemon(program, directory):
    control = os.path.join(directory, "control")
    if os.path.exists(control):
        os.unlink(control)
    process = subprocess.Popen([program, "--host", "here", "--addr", "10.9.0.1/24"],
                               env=dict(os.environ, BERTH_DIR=directory))
    end = time.monotonic() + 10
    while not os.path.exists(control) and time.monotonic() < end:
        time.sleep(0.01)
    return process


def read_until(stream, word):
    lines = []
    for line in stream:
        lines.append(line.rstrip("\n"))
        if lines[-1] == word:
            break
    return lines


def verdict(number, words, got, wanted):
    print(f"{'ok' if got == wanted else 'not ok'} {number} - {words}")
    if got != wanted:
        print("".join(f"# wanted: {line}\n" for line in wanted), end="")
        print("".join(f"# got:    {line}\n" for line in got), end="")
    return got == wanted


def main():
    preload, berthd, program = (os.path.abspath(word) for word in sys.argv[1:4])
    directory = tempfile.mkdtemp(prefix="berth-gone-")
    print("1..2")
    daemon = start_daemon(berthd, directory)
    child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                             env=dict(os.environ, BERTH_DIR=directory, BERTH_HOST="here",
                                      LD_PRELOAD=preload))
    limit = threading.Timer(TIME_LIMIT_S, child.kill)
    limit.start()
    try:
        good = read_until(child.stdout, "ready") == ["ready"]
        daemon.kill()
        daemon.wait()
        child.stdin.write("killed\n")
        child.stdin.flush()
        good &= verdict(1, "when berthd is killed every call says so",
                        read_until(child.stdout, "again"), KILLED)
        daemon = start_daemon(berthd, directory)
        child.stdin.write("started\n")
        child.stdin.flush()
        good &= verdict(2, "another berthd serves new sockets, and old ones stay dead",
                        read_until(child.stdout, ""), ANOTHER)
        return 0 if good and child.wait() == 0 else 1
    finally:
        limit.cancel()
        child.kill()
        daemon.kill()
        daemon.wait()
        shutil.rmtree(directory, ignore_errors=True)


sys.exit(main())
