#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs every command of a lesson in one shell and holds what it shows against what the text shows.

usage: lesson_test.py BUILD_DIR FILE...      speaks TAP

In a shown line an ellipsis stands for anything, a run of digits or a MAC for any such; blanks may
differ in number. A line that is an ellipsis alone stands for any number of lines.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

MARK = "@@berth-lesson@@"


def blocks_of(path):
    """[(command, [expected line])] of every console block."""
    steps = []
    inside = False
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if line.startswith("```"):
            inside = line == "```console"
        elif inside and line.startswith("$ "):
            steps.append((line[2:], []))
        elif inside and steps:
            steps[-1][1].append(line)
    return steps


def pattern_of(line):
    parts = []
    for word in re.split(r"(…|(?:[0-9a-f]{2}:){5}[0-9a-f]{2}|\d+|\s+)", line):
        if word == "…":
            parts.append(".*")
        elif re.fullmatch(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", word):
            parts.append(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
        elif word.isdigit():
            parts.append(r"\d+")
        elif word.isspace():
            parts.append(r"\s*")
        else:
            parts.append(re.escape(word))
    return re.compile(r"\s*" + "".join(parts) + r"\s*\Z")


def find_difference(expected, shown):
    """None, or the first expected line that is not there in its turn."""
    position = 0
    free = False
    for line in expected:
        if line.strip() == "…":
            free = True
            continue
        pattern = pattern_of(line)
        candidates = range(position, len(shown) if free else min(position + 1, len(shown)))
        found = next((n for n in candidates if pattern.match(shown[n])), None)
        if found is None:
            return line
        position = found + 1
        free = False
    if not free and position < len(shown):
        return f"(nothing more, but there is: {shown[position]})"
    return None


def run_steps(steps, environment):
    script = "set +m\n" + "".join(f"{command}\nprintf '\\n%s\\n' '{MARK}'\n" for command, _ in steps)
    shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True, env=environment,
                             start_new_session=True)
    try:
        out, _ = shell.communicate(script, timeout=120)
    finally:
        try:  # whatever a lesson left running ends with it
            os.killpg(shell.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return [part.strip("\n").splitlines() for part in out.split(MARK)]


def main():
    if len(sys.argv) < 3:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    build = os.path.abspath(sys.argv[1])
    lessons = [(path, blocks_of(path)) for path in sys.argv[2:]]
    print(f"1..{sum(len(steps) for _, steps in lessons)}")
    number = failed = 0
    for path, steps in lessons:
        work = tempfile.mkdtemp(prefix="berth-lesson-")
        environment = dict(os.environ, BERTH_DIR=os.path.join(work, "run"),
                           PATH=build + ":" + os.environ["PATH"])
        try:
            shown = run_steps(steps, environment)
        finally:
            subprocess.run([os.path.join(build, "berth"), "down", "--all"], env=environment,
                           capture_output=True)
            shutil.rmtree(work, ignore_errors=True)
            for leftover in ("/tmp/berth-lesson.txt", "/tmp/berth-lesson.udp"):
                if os.path.exists(leftover):
                    os.unlink(leftover)
        for (command, expected), lines in zip(steps, shown + [[]] * len(steps)):
            number += 1
            difference = find_difference(expected, lines)
            name = f"{os.path.basename(path)}: {command}".replace("#", "")
            print(f"{'not ok' if difference else 'ok'} {number} - {name}")
            if difference:
                failed += 1
                print(f"# missing: {difference}")
                for line in lines[:12]:
                    print(f"# shown:   {line}")
    return 1 if failed else 0


sys.exit(main())
