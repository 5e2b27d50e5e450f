#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where is it decided? Reads the DECIDES tags and the first comment of each file.

usage: where.py             print the table of docs/where.md
       where.py WORD...     the places that answer to these words, best first: where.py fast retransmit
       where.py --write     write docs/where.md
       where.py --check     is docs/where.md up to date? exit 1: no
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ["include/berth", "lib", "devices", "daemon", "run", "table", "cli"]
PAGE = "docs/where.md"
ANSWERS_MAX = 8

# What people say, and what the code calls it. Longer phrases first.
SYNONYMS = [
    ("fast retransmit", "segments are lost"),
    ("retransmission timeout", "retransmission timer"),
    ("path mtu", "narrower mtu"),
    ("slow start", "congestion window grow slow start"),
    ("zero window", "window probes persist"),
    ("tail loss", "tail loss probe"),
    ("delayed ack", "acknowledge now or later"),
    ("three way", "connection opens handshake"),
    ("handshake", "connection opens"),
    ("half open", "embryo"),
    ("time wait", "old duplicates remnant"),
    ("checksum offload", "checksum"),
    ("default gateway", "route gateway"),
    ("who holds", "which socket holds this port"),
    ("ephemeral", "port candidate any"),
    ("nagle", "not full must wait"),
    ("backlog", "waiting to be accepted"),
    ("rto", "retransmission timer"),
    ("rst", "rst believe reset"),
    ("arp", "arp neighbour"),
    ("loss", "lost"),
    ("neighbor", "neighbour"),
]
NOISE = {"where", "is", "are", "the", "a", "an", "of", "decided", "done", "how", "what", "which",
         "does", "do", "to", "in", "when", "who", "and"}


class Row:
    def __init__(self, question, path, line, function):
        self.question = question
        self.path = path
        self.line = line
        self.function = function


def sources():
    for folder in FOLDERS:
        for directory, folders, names in os.walk(os.path.join(ROOT, folder)):
            folders.sort()
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(directory, name), ROOT)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as handle:
        return handle.read().splitlines()


def comment_of(line):
    found = re.match(r"\s*// ?(.*)$", line)
    return found.group(1) if found else None


def first_sentence(words):
    """Up to the first end of a sentence that is followed by a new one."""
    found = re.match(r"(.+?[.?])(?= [A-Z0-9]|$)", words)
    return (found.group(1) if found else words).strip()


def function_after(lines, at):
    """The name declared behind a comment: the first word before a parenthesis at the left edge."""
    for line in lines[at:at + 8]:
        if comment_of(line) is not None or not line.strip():
            continue
        found = re.search(r"\b([a-z]\w*)\s*\(", line)
        if found and found.group(1) not in ("if", "while", "for", "switch", "return"):
            return found.group(1)
    return ""


def question_of(words):
    """The tag without its RFC and its explanations."""
    words = re.sub(r"\s*\((?:RFC|IEEE|\w+\(\d\))(?:[^()]|\(\d\))*\)", "", words)
    words = first_sentence(words.strip())
    words = re.split(r"; | : ", words)[0]
    return words.rstrip(".").strip()


def tags_in(path, lines):
    at = 0
    while at < len(lines):
        found = re.match(r"\s*// DECIDES:? (.+)$", lines[at])
        at += 1
        if not found:
            continue
        begin, words = at, [found.group(1)]
        while at < len(lines) and comment_of(lines[at]):
            if re.match(r"[A-Z][a-z]|TCP ", comment_of(lines[at])):
                break  # an explanation, not the question
            words.append(comment_of(lines[at]))
            at += 1
        yield Row(question_of(" ".join(words)), path, begin, function_after(lines, at))


def definitions(texts):
    """function -> (path, line) of its definition in a .c file."""
    where = {}
    for path, lines in texts.items():
        if not path.endswith(".c"):
            continue
        for number, line in enumerate(lines, 1):
            found = re.match(r"[a-z].*?\b([a-z]\w*)\(", line)
            if found and not line.rstrip().endswith(";"):
                where.setdefault(found.group(1), (path, number))
    return where


def decisions(texts):
    defined = definitions(texts)
    rows = {}
    for path, lines in texts.items():
        for row in tags_in(path, lines):
            if path.endswith(".h") and row.function in defined:
                row.path, row.line = defined[row.function]
            key = (row.path, row.function or row.question)
            if key not in rows or len(row.question) > len(rows[key].question):
                rows[key] = row
    return sorted(rows.values(), key=lambda row: (row.path, row.line))


def subject_of(lines):
    """The first sentence of a file's opening comment, and the whole of its first paragraph."""
    words = []
    for line in lines[1:]:
        comment = comment_of(line)
        if comment is None:
            break
        if not comment:
            if words:
                break
            continue
        words.append(comment)
    words = " ".join(words)
    # A subject in two sentences, a name and a question, is told whole.
    first = first_sentence(words)
    rest = words[len(first):].strip()
    if len(first) < 40 and rest:
        first = (first + " " + first_sentence(rest)).strip()
    return first, words


def has_source(path, texts):
    return path.endswith(".h") and path[:-2] + ".c" in texts


def load():
    texts = {path: read(path) for path in sources()}
    files = []
    for path, lines in texts.items():
        if has_source(path, texts):
            continue
        subject, paragraph = subject_of(lines)
        files.append((path, subject, paragraph))
    return decisions(texts), files


def cell(words):
    return words.replace("|", "\\|")


def page(rows, files):
    out = ["# Where is what?", "",
           "Made by `tools/where.py --write` from the `DECIDES` tags and the first comment of each "
           "file.", "`tools/where.py fast retransmit` searches it.", "",
           "## Decisions", "",
           "One decision, one function, one place.", "",
           "| question | file | function |", "|---|---|---|"]
    out += [f"| {cell(row.question)} | `{row.path}` | `{row.function}` |" for row in rows]
    out += ["", "## Files", "", "What each file answers for."]
    folder = None
    for path, subject, _ in files:
        if os.path.dirname(path) != folder:
            folder = os.path.dirname(path)
            out += ["", f"### {folder}", "", "| file | question |", "|---|---|"]
        out.append(f"| `{os.path.basename(path)}` | {cell(subject)} |")
    return "\n".join(out) + "\n"


def words_of(text):
    text = text.lower()
    for said, called in SYNONYMS:
        if re.search(r"\b" + re.escape(said) + r"\b", text):
            text += " " + called
    return [word for word in re.findall(r"[a-z0-9]+", text) if word not in NOISE]


def words_there(text):
    return set(re.findall(r"[a-z0-9]+", text.lower()))


def matches(word, there):
    return any(have.startswith(word) or (word.startswith(have) and 3 < len(have) > len(word) - 4)
               for have in there)


def search(rows, files, text):
    entries = [(row.question, row.function + " " + row.path, 3, f"{row.path}:{row.line}",
                row.function, row.question) for row in rows]
    entries += [(subject, paragraph + " " + path, 2, f"{path}:1", "", subject)
                for path, subject, paragraph in files]
    there = [(words_there(main), words_there(more)) for main, more, *_ in entries]
    # A word that stands everywhere says little.
    weight = {word: 1 / (3 + sum(matches(word, main | more) for main, more in there))
              for word in set(words_of(text))}
    found = []
    for order, ((main, more), entry) in enumerate(zip(there, entries)):
        points = sum(value * (entry[2] * matches(word, main) + matches(word, more))
                     for word, value in weight.items())
        found.append((-points, order, entry[3], entry[4], entry[5]))
    found = [entry for entry in sorted(found) if entry[0] < 0][:ANSWERS_MAX]
    best = found[0][0] if found else 0
    for points, _, place, function, question in found:
        if 2 * points > best:
            break
        print(f"{place}  {function + '  ' if function else ''}{question}")
    return 0 if found else 1


def check(rows, files):
    path = os.path.join(ROOT, PAGE)
    now = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
    if now == page(rows, files):
        return 0
    print(f"{PAGE} is not up to date: tools/where.py --write")
    return 1


def main():
    arguments = sys.argv[1:]
    if any(word in ("-h", "--help") for word in arguments):
        print(__doc__.strip())
        return 0
    rows, files = load()
    if arguments == ["--write"]:
        with open(os.path.join(ROOT, PAGE), "w", encoding="utf-8") as handle:
            handle.write(page(rows, files))
        return 0
    if arguments == ["--check"]:
        return check(rows, files)
    if arguments and arguments[0].startswith("-"):
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    if arguments:
        return search(rows, files, " ".join(arguments))
    sys.stdout.write(page(rows, files))
    return 0


sys.exit(main())
