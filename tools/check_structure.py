#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the code against the rules of the house (docs/architecture.md). One line a violation.

usage: check_structure.py [ROOT]        exit 0: none, 1: some, 2: usage
"""
import collections
import os
import re
import subprocess
import sys

FILE_LINES_MAX = 700
FUNCTION_LINES_MAX = 70
LINE_COLUMNS_MAX = 100
TAB = 8

# Who may include whom inside lib/: every folder may use base, wire's types and <berth/*.h>; others
# are entered by their front door only.
LIB_MAY = {
    "base": set(),
    "wire": {"base"},
    "link": {"base", "wire"},
    "ip": {"base", "wire", "link"},
    "port": {"base"},
    "udp": {"base", "wire", "link", "ip", "port"},
    "tcp": {"base", "wire", "link", "ip", "port"},
    "socket": {"base", "wire", "link", "ip", "port", "udp", "tcp"},
    "host": {"base", "wire", "link", "ip", "port", "udp", "tcp", "socket"},
    "sim": {"base", "wire"},
    "trace": {"base", "wire"},
}
OPEN = {"base", "wire"}  # libraries: every header may be included
DOOR = {"link": "link.h", "ip": "ip.h", "port": "port_space.h", "udp": "udp.h", "tcp": "tcp.h",
        "socket": "socket_layer.h", "host": "host_internal.h"}
OUTSIDE_MAY = {"devices": set(), "daemon": {"devices"}, "run": set(), "table": set(),
               "cli": {"table", "run", "devices"}, "examples": set()}

LIB_HEADERS = {"stdbool.h", "stddef.h", "stdint.h", "string.h", "errno.h", "assert.h", "limits.h",
               "emmintrin.h", "immintrin.h"}
LIB_BANNED = re.compile(r"\b(malloc|calloc|realloc|free|printf|fprintf|snprintf|sprintf|time|"
                        r"clock_gettime|gettimeofday|rand|random|srand|socket|sleep|exit)\s*\(")
ORDER_BANNED = re.compile(r"\b(htons|htonl|ntohs|ntohl)\s*\(")
UNSAFE = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|alloca|strtok)\s*\(")

# conn-><part> is written only by the file of that name (DESIGN: one struct, one owner file).
OWNER = {"rtt": "tcp_rtt", "rate": "tcp_rate", "loss": "tcp_loss", "recovery": "tcp_recovery",
         "snd": "tcp_send_window", "unsent": "tcp_send_buffer", "sent": "tcp_sent",
         "received": "tcp_reassembly", "rcv": "tcp_receive_window", "ack": "tcp_ack_policy",
         "timers": "tcp_timers", "agreed": "tcp_negotiate", "congestion": "tcp_congestion",
         "settings": "tcp_options"}
WRITE = re.compile(r"\bconn->(" + "|".join(OWNER) + r")\b[\w.\[\]]*\s*(?:[-+*/|&^]|<<|>>)?=(?!=)")
INCREMENT = re.compile(r"\bconn->(" + "|".join(OWNER) + r")\b[\w.\[\]]*\s*(?:\+\+|--)")

problems = []


def report(path, line, words):
    problems.append(f"{path}:{line}: {words}")


def tracked(root):
    out = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
                         capture_output=True, text=True, check=True).stdout
    return sorted(p for p in out.splitlines() if os.path.isfile(os.path.join(root, p)))


def without_comments(text):
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/',
                  lambda m: m.group(0) if m.group(0)[0] == '"' else blank(m), text, flags=re.S)


def check_includes(path, text):
    parts = path.split("/")
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
        if not found:
            continue
        kind, name = found.groups()
        if kind == "<":
            if parts[0] == "lib" and name not in LIB_HEADERS and not name.startswith("berth/"):
                report(path, number, f"lib/ must not include <{name}>")
            continue
        target = os.path.normpath(os.path.join(os.path.dirname(path), name))
        check_one_include(path, number, parts, target)


def check_one_include(path, number, parts, target):
    to = target.split("/")
    if parts[0] == "lib":
        mine = parts[1]
        if to[0] != "lib":
            report(path, number, f"{mine}/ must not include {target}")
        elif to[1] == mine:
            return
        elif to[1] not in LIB_MAY.get(mine, set()):
            report(path, number, f"{mine}/ must not include {to[1]}/")
        elif to[1] not in OPEN and to[-1] != DOOR.get(to[1]):
            report(path, number, f"{to[1]}/ is entered by {DOOR.get(to[1])}, not {to[-1]}")
    elif parts[0] in OUTSIDE_MAY:
        if to[0] not in OUTSIDE_MAY[parts[0]] | {parts[0]}:
            report(path, number, f"{parts[0]}/ must not include {target}: use include/berth/")


def check_words(path, text):
    code = without_comments(text)
    in_lib = path.startswith("lib/")
    for number, line in enumerate(code.splitlines(), 1):
        bare = re.sub(r'"(?:\\.|[^"\\])*"', '""', line)
        if in_lib and LIB_BANNED.search(bare) and not re.search(r"->\w+\(", bare):
            report(path, number, f"lib/ makes no such call: {bare.strip()[:60]}")
        if in_lib and not path.startswith(("lib/wire/", "lib/base/")) and ORDER_BANNED.search(bare):
            report(path, number, "byte order belongs to wire/ and base/")
        if UNSAFE.search(bare):
            report(path, number, "unbounded string function")
        if re.search(r"\btypedef\s+struct\s+\w*\s*\{", bare) and "tcp_seq.h" not in path \
                and "wire_tcp.h" not in path:
            report(path, number, "no typedef struct")
        if path.startswith("lib/tcp/"):
            for found in list(WRITE.finditer(bare)) + list(INCREMENT.finditer(bare)):
                owner = OWNER[found.group(1)]
                if not os.path.basename(path).startswith(owner):
                    report(path, number, f"writes conn->{found.group(1)}, owned by {owner}.c")


def check_shape(path, text):
    lines = text.splitlines()
    if not lines or "SPDX-License-Identifier: MIT" not in lines[0]:
        report(path, 1, "first line must be the SPDX licence")
    if len(lines) < 3 or not lines[1].startswith("//"):
        report(path, 2, "open with a comment: which question does this file answer?")
    if len(lines) > FILE_LINES_MAX and not path.startswith("tests/"):
        report(path, len(lines), f"file exceeds {FILE_LINES_MAX} lines")
    for number, line in enumerate(lines, 1):
        if len(line.expandtabs(TAB)) > LINE_COLUMNS_MAX:
            report(path, number, f"line exceeds {LINE_COLUMNS_MAX} columns")
        if line != line.rstrip():
            report(path, number, "trailing blanks")
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
            report(path, number, "unfinished work belongs to docs/status.md")
    if text and not text.endswith("\n"):
        report(path, len(lines), "no newline at the end")


def check_functions(root, paths):
    """Lengths and unique tags, by universal-ctags."""
    if not paths:
        return set()
    out = subprocess.run(["ctags", "--languages=C", "--langmap=C:.c.h", "--c-kinds=+p",
                          "--fields=+ne", "-f", "-", "-L", "-"], input="\n".join(paths),
                         capture_output=True, text=True, cwd=root, check=True).stdout
    names = set()
    for tag in out.splitlines():
        fields = tag.split("\t")
        names.add(fields[0])
        info = dict(f.split(":", 1) for f in fields[3:] if ":" in f)
        if fields[3] == "f" and "end" in info:
            length = int(info["end"]) - int(info["line"]) + 1
            if length > FUNCTION_LINES_MAX and not fields[1].startswith("tests/"):
                report(fields[1], info["line"], f"{fields[0]} is {length} lines long, "
                       f"{FUNCTION_LINES_MAX} is the limit")
    return names


def check_decisions(texts):
    """Each decision is made in one place."""
    where = {}
    for path, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            found = re.search(r"// DECIDES: (.+?)(?: \(|$)", line)
            if not found:
                continue
            tag = found.group(1).strip().lower()
            if tag in where:
                report(path, number, f"'{tag}' is already decided at {where[tag]}")
            where[tag] = f"{path}:{number}"


def check_dead_names(texts, names, files):
    """A function() or file.c named in a comment must exist."""
    words = names | set(re.findall(r"\b\w+\b", "\n".join(without_comments(t)
                                                          for t in texts.values())))
    bases = {os.path.basename(f) for f in files}
    for path, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            comment = re.search(r"//(.*)$", line)
            if not comment or '"' in line.split("//")[0]:
                continue
            for name in re.findall(r"\b([a-z][a-z0-9]*_[a-z0-9_]+)\(\)", comment.group(1)):
                if name not in words:
                    report(path, number, f"comment names {name}(), which does not exist")
            for name in re.findall(r"(?<![\w/<.])([a-z]\w*\.[ch])\b", comment.group(1)):
                if name not in bases:
                    report(path, number, f"comment names {name}, which does not exist")


def main():
    if len(sys.argv) > 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    root = sys.argv[1] if len(sys.argv) == 2 else "."
    files = tracked(root)
    sources = [p for p in files if p.endswith((".c", ".h"))]
    texts = {}
    for path in sources:
        with open(os.path.join(root, path), encoding="utf-8") as handle:
            texts[path] = handle.read()
    for path, text in texts.items():
        check_includes(path, text)
        check_words(path, text)
        check_shape(path, text)
    names = check_functions(root, sources)
    check_decisions(texts)
    check_dead_names(texts, names, files)
    counts = collections.Counter(os.path.basename(p) for p in sources
                                 if not p.startswith("include/berth/"))
    for base, count in counts.items():
        if count > 1:
            report(base, 1, f"{count} files have this name")
    for line in problems:
        print(line)
    print(f"{len(sources)} files, {len(problems)} violations", file=sys.stderr)
    return 1 if problems else 0


sys.exit(main())
