#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the pages against the code: what they name must exist. One line a violation.

usage: check_docs.py [ROOT]        exit 0: none, 1: some, 2: usage

Checked in README.md, CHANGELOG.md and docs/: links and paths, names of C files, function() names,
DROP and option names in backticks, columns; and that a translation shows the same console as its original.
"""
import os
import re
import subprocess
import sys
import unicodedata

COLUMNS_MAX = 110  # of prose; tables, links and console blocks are as long as they are
TRANSLATIONS = {"docs/lesson.ko.md": "docs/lesson.md"}
problems = []


def report(path, line, words):
    problems.append(f"{path}:{line}: {words}")


def tracked(root):
    out = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
                         capture_output=True, text=True, check=True).stdout
    return sorted(p for p in out.splitlines() if os.path.isfile(os.path.join(root, p)))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as handle:
        return handle.read()


def width(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def console_blocks(text):
    return re.findall(r"^```console\n(.*?)^```$", text, flags=re.S | re.M)


def check_path(root, path, number, target, files):
    """A path in backticks or a link."""
    target = target.split("#")[0]
    if not target or "://" in target or "…" in target or "*" in target:
        return
    beside = os.path.normpath(os.path.join(os.path.dirname(path), target))
    for candidate in (beside, os.path.normpath(target)):
        if os.path.exists(os.path.join(root, candidate)):
            return
        if any(f.startswith(candidate + ".") or f.startswith(candidate + "/") for f in files):
            return
    report(path, number, f"{target} does not exist")


def check_line(root, path, number, line, files, words):
    bases = {os.path.basename(f) for f in files}
    for target in re.findall(r"\]\(([^)\s]+)\)", line):
        check_path(root, path, number, target, files)
    for code in re.findall(r"`([^`]+)`", line):
        if re.fullmatch(r"(include|lib|devices|daemon|run|table|cli|tests|tools|docs|bench|examples|"
                        r"man)/[\w./-]*", code):
            check_path(root, path, number, code, files)
        elif re.fullmatch(r"[\w-]+\.(c|h|py|sh)", code) and code not in bases:
            report(path, number, f"{code} does not exist")
        for name in re.findall(r"\b([a-z][a-z0-9]*_[a-z0-9_]+)\b(?!\.)", code):
            if re.fullmatch(r"[a-z0-9_]+(\(\))?", code) and name not in words:
                report(path, number, f"{name} does not exist")
    if width(line) > COLUMNS_MAX and not re.match(r"\s*(\||\[)", line) and "](" not in line:
        report(path, number, f"line exceeds {COLUMNS_MAX} columns")
    if line != line.rstrip():
        report(path, number, "trailing blanks")


def check_page(root, path, files, words):
    inside = False
    for number, line in enumerate(read(root, path).splitlines(), 1):
        if line.startswith("```"):
            inside = not inside
        elif not inside:
            check_line(root, path, number, line, files, words)


def check_translations(root):
    for copy, original in TRANSLATIONS.items():
        ours, theirs = console_blocks(read(root, copy)), console_blocks(read(root, original))
        if len(ours) != len(theirs):
            report(copy, 1, f"{len(ours)} console blocks, {len(theirs)} in {original}")
        for number, (left, right) in enumerate(zip(ours, theirs), 1):
            if left != right:
                report(copy, 1, f"console block {number} differs from that of {original}")


def main():
    if len(sys.argv) > 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    root = sys.argv[1] if len(sys.argv) == 2 else "."
    files = tracked(root)
    sources = [p for p in files if p.endswith((".c", ".h", ".py", ".sh", "meson.build"))]
    words = set()
    for path in sources:
        words |= set(re.findall(r"\w+", read(root, path)))
    pages = [p for p in files if p.endswith(".md") and (p.startswith("docs/") or "/" not in p)]
    for path in pages:
        check_page(root, path, files, words)
    check_translations(root)
    for line in problems:
        print(line)
    print(f"{len(pages)} pages, {len(problems)} violations", file=sys.stderr)
    return 1 if problems else 0


sys.exit(main())
