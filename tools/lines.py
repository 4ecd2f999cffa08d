#!/usr/bin/env python3
"""Fails when a file or a function has grown past what can be read in one go.

Counted are the lines of the product: a file's inline tests are not, nor files under tests/.
"""

import re
import sys

from rust_source import ROOT, sources

FILE_LINES = 500
FUNCTION_LINES = 80

FUNCTION = re.compile(r"\bfn\s+(\w+)")


def functions(code):
    """Name, offset and offset of the end of every function with a body, nested ones included."""
    for found in FUNCTION.finditer(code):
        depth = 0
        for mark in re.finditer(r"[(){}\[\];]", code[found.end() :]):
            if mark[0] in "([{":
                depth += 1
            elif mark[0] in ")]}":
                depth -= 1
                if depth == 0 and mark[0] == "}":
                    yield found[1], found.start(), found.end() + mark.end()
                    break
            elif depth == 0:  # a semicolon: a declaration without a body
                break


def main():
    folders = [*ROOT.glob("crates/*/src"), *ROOT.glob("crates/*/examples"), *ROOT.glob("crates/*/benches")]
    files = [file for folder in sorted([*folders, ROOT / "fuzz/fuzz_targets"]) for file in sources(folder)]

    wrong = []
    for file in files:
        lines = file.code.rstrip().count("\n") + 1
        if lines > FILE_LINES:
            wrong.append((lines, f"{file.name}: {lines} lines; one concept a file, {FILE_LINES} at most"))
        for name, start, end in functions(file.code):
            lines = file.code.count("\n", start, end) + 1
            if lines > FUNCTION_LINES:
                place = f"{file.name}:{file.line_of(start)}"
                wrong.append((lines, f"{place}: fn {name} has {lines} lines, {FUNCTION_LINES} at most"))

    for _, message in sorted(wrong, reverse=True):
        print(message, file=sys.stderr)
    if wrong:
        sys.exit(f"lines: {len(wrong)} too long")
    print(f"lines: {len(files)} files within {FILE_LINES} lines, functions within {FUNCTION_LINES}")


if __name__ == "__main__":
    main()
