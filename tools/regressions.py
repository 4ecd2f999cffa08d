#!/usr/bin/env python3
"""Which rows of the security history have a test that names them.

    tools/regressions.py [ROWS…]        e.g. tools/regressions.py 1-4 7-12 14

A test names a row in its doc comment or in a case's name: `row 7`, `rows 54 and 56`, `rows 1–4`. Without arguments the rows
that docs/regressions.md calls tested are looked for; the exit code is 1 if one of them has no test.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MENTION = re.compile(r"rows? (\d+(?:\s?[-–]\s?\d+)?(?:(?:, | and |, and )\d+(?:\s?[-–]\s?\d+)?)*)")
PLACES = ["crates/**/*.rs", "tools/layers.py", "tools/lines.py", "deny.toml", "Cargo.toml"]


def numbers(text):
    for part in re.split(r",? and |, ", text):
        first, _, last = part.replace("–", "-").partition("-")
        yield from range(int(first), int(last or first) + 1)


def mentions():
    found = {}
    for pattern in PLACES:
        for path in sorted(ROOT.glob(pattern)):
            for match in MENTION.finditer(path.read_text(encoding="utf-8", errors="replace")):
                for row in numbers(match.group(1)):
                    found.setdefault(row, set()).add(str(path.relative_to(ROOT)))
    return found


def claimed():
    page = (ROOT / "docs/regressions.md").read_text(encoding="utf-8")
    return [int(match.group(1)) for match in re.finditer(r"^\| (\d+) \|[^|]*\| tested \|", page, re.MULTILINE)]


def main():
    wanted = [row for argument in sys.argv[1:] for row in numbers(argument)] or claimed()
    found = mentions()
    missing = [row for row in wanted if row not in found]
    for row in missing:
        print(f"row {row}: no test names it")
    print(f"regressions: {len(wanted) - len(missing)} of {len(wanted)} rows have a test")
    sys.exit(bool(missing))


if __name__ == "__main__":
    main()
