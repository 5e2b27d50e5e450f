#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles the C blocks of a page that begin with ```c compile, and runs those with ```c run.

usage: snippets_test.py SOURCE_ROOT LIBRARY FILE...     speaks TAP

The blocks of one page are one program, in the order of the page; ```c run ends it.
"""
import os
import re
import subprocess
import sys
import tempfile

FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Werror"]


def programs_of(path):
    """[(line, is_run, text)]: blocks up to and with a run block, or those left over."""
    out, text, begin = [], [], 0
    kind = None
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        found = re.match(r"```c (compile|run)\s*$", line)
        if found:
            kind = found.group(1)
            begin = begin or number
            text.append(f'#line {number + 1} "{os.path.basename(path)}"\n')
        elif line.startswith("```") and kind:
            if kind == "run":
                out.append((begin, True, "".join(text)))
                text, begin = [], 0
            kind = None
        elif kind:
            text.append(line)
    if text:
        out.append((begin, False, "".join(text)))
    return out


def attempt(root, library, text, is_run):
    """What went wrong, or ''."""
    with tempfile.TemporaryDirectory(prefix="berth-snippet-") as directory:
        source = os.path.join(directory, "snippet.c")
        program = os.path.join(directory, "snippet")
        with open(source, "w", encoding="utf-8") as handle:
            handle.write(text)
        words = ["cc", *FLAGS, "-I", os.path.join(root, "include"), source, "-o", program]
        words += [library] if is_run else ["-c"]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode != 0:
            return done.stderr
        if not is_run:
            return ""
        done = subprocess.run([program], capture_output=True, text=True, timeout=30)
        return f"exit {done.returncode}\n{done.stdout}{done.stderr}" if done.returncode else ""


def main():
    if len(sys.argv) < 4:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    root, library = sys.argv[1:3]
    found = [(path, *program) for path in sys.argv[3:] for program in programs_of(path)]
    print(f"1..{len(found)}")
    failed = 0 if found else 1
    for number, (path, line, is_run, text) in enumerate(found, 1):
        wrong = attempt(root, library, text, is_run)
        name = f"{os.path.basename(path)}:{line} {'runs' if is_run else 'compiles'}"
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
        for words in wrong.splitlines()[:20]:
            print(f"# {words}")
        failed |= bool(wrong)
    return 1 if failed else 0


sys.exit(main())
