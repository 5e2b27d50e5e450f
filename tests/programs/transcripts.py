#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs each transcript program on the kernel and under berth, and compares what they print.

usage: transcripts.py --preload LIBRARY --programs DIRECTORY [--kernel-daemon PROGRAM]
                      [--berthd PROGRAM] [--only NAME] [--show]

With --kernel-daemon the preload library is tested alone: the host behind it is the kernel. With
--berthd there are two berth hosts on a simulated cable, and the programs hold sockets of both.
A line of a transcript may differ where tests/programs/transcript/NAME.differs says so (and why).
Prints TAP. exit 0: no other differences, 1: some, 2: usage.
"""
import argparse
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TIME_LIMIT_S = 90
PROGRAMS = ["connecting", "readiness", "ending", "accepting", "inheriting", "receiving",
            "transferring", "naming", "options", "datagrams", "version6", "interrupting",
            "misusing"]


class Daemon:
    """One way to run under berth: its environment and its end."""

    def __init__(self, name, directory, process, environment, arguments=None):
        self.name = name
        self.directory = directory
        self.process = process
        self.environment = environment
        self.arguments = arguments or {}

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def wait_for(path, process):
    for _ in range(500):
        if os.path.exists(path):
            return
        if process.poll() is not None:
            break
        time.sleep(0.01)
    sys.exit(f"transcripts: the daemon did not make {path}")


def start_kernel_daemon(program):
    directory = tempfile.mkdtemp(prefix="berth-transcripts-")
    process = subprocess.Popen([program, directory], stdout=subprocess.DEVNULL)
    wait_for(os.path.join(directory, "control"), process)
    # The kernel's urgent bytes do not come through this daemon's relaying.
    return Daemon("kernel daemon", directory, process,
                  {"BERTH_DIR": directory, "BERTH_HOST": ""}, {"receiving": ["not-urgent"]})


def start_berthd(program):
    directory = tempfile.mkdtemp(prefix="berth-transcripts-")
    environment = dict(os.environ, BERTH_DIR=directory)
    hosts = ["--host", "here", "--addr", "10.9.0.1/24", "--addr", "fd09::1/64",
             "--host", "there", "--addr", "10.9.0.2/24", "--addr", "fd09::2/64"]
    process = subprocess.Popen([program] + hosts, env=environment)
    wait_for(os.path.join(directory, "control"), process)
    return Daemon("berthd", directory, process, {
        "BERTH_DIR": directory, "BERTH_HOST": "here", "TRANSCRIPT_PEER_HOST": "there",
        "TRANSCRIPT_HERE": "10.9.0.1", "TRANSCRIPT_THERE": "10.9.0.2",
        "TRANSCRIPT_HERE6": "fd09::1", "TRANSCRIPT_THERE6": "fd09::2"})


def run(program, environment, arguments):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("BERTH_", "TRANSCRIPT_"))}
    clean.update(environment)
    try:
        done = subprocess.run([program] + arguments, env=clean, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              timeout=TIME_LIMIT_S, text=True, errors="replace")
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
        if isinstance(output, bytes):
            output = output.decode(errors="replace")
        return output.splitlines() + ["(hangs)"]
    lines = done.stdout.splitlines()
    if done.returncode != 0:
        lines.append(f"(exit {done.returncode})")
    return lines


def known_differences(name, daemon_name):
    """Lines "DAEMON|native line|berth line"; DAEMON may be *; '#' begins the reason."""
    known = set()
    path = os.path.join(HERE, "transcript", name + ".differs")
    if not os.path.exists(path):
        return known
    with open(path, encoding="utf-8") as handle:
        for line in handle:
            if line.startswith("#") or not line.strip():
                continue
            who, native, ours = line.rstrip("\n").split("|")
            if who in ("*", daemon_name):
                known.add((native, ours))
    return known


def compare(native, ours, known):
    """Differences that nobody has explained, as text."""
    matcher = difflib.SequenceMatcher(a=native, b=ours, autojunk=False)
    out = []
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag == "equal":
            continue
        left, right = native[a0:a1], ours[b0:b1]
        if len(left) == len(right) and all(p in known for p in zip(left, right)):
            continue
        section = next((line for line in reversed(native[:a0]) if line.startswith("--")), "")
        before = native[a0 - 1] if a0 else ""
        out.append(f"    {section}   (after: {before})")
        out += [f"      kernel: {line}" for line in left]
        out += [f"      berth:  {line}" for line in right]
    return out


def test_one(name, daemon, options):
    """The lines of both runs compared: (number of lines, differences)."""
    program = os.path.join(options.programs, "transcript_" + name)
    arguments = daemon.arguments.get(name, [])
    native = run(program, {}, arguments)
    ours = run(program, dict(daemon.environment, LD_PRELOAD=options.preload), arguments)
    if options.show:
        print("\n".join("#    " + line for line in ours))
    return len(native), compare(native, ours, known_differences(name, daemon.name))


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--preload", required=True)
    parser.add_argument("--programs", required=True)
    parser.add_argument("--kernel-daemon")
    parser.add_argument("--berthd")
    parser.add_argument("--only", choices=PROGRAMS)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    options.preload = os.path.abspath(options.preload)
    names = [options.only] if options.only else PROGRAMS
    starts = []
    if options.kernel_daemon:
        starts.append(lambda: start_kernel_daemon(options.kernel_daemon))
    if options.berthd:
        starts.append(lambda: start_berthd(options.berthd))
    print(f"1..{len(starts) * len(names)}")
    bad = number = 0
    for start in starts:
        daemon = start()
        try:
            for name in names:
                lines, differences = test_one(name, daemon, options)
                bad += bool(differences)
                number += 1
                print(f"{'not ok' if differences else 'ok'} {number} - {name} under {daemon.name} "
                      f"says what it says on the kernel, {lines} lines")
                print("".join(f"# {line}\n" for line in differences), end="")
                sys.stdout.flush()
        finally:
            daemon.stop()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
