"""What the checkers of this folder share: reading Rust source without being fooled by comments, strings and tests.

This is no parser. It knows where comments and literals are, and where a file's tests begin, which is as much as rules
about single lines need.
"""

import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent

LITERAL_OR_COMMENT = re.compile(
    r"""
      (?P<line>//[^\n]*)
    | (?P<block>/\*)
    | (?P<raw>\b(?:b|c)?r(?P<hashes>\#*)"(?s:.*?)"(?P=hashes))
    | (?P<string>(?:\b[bc])?"(?:[^"\\]|\\(?s:.))*")
    | (?P<char>(?:\bb)?'(?:[^'\\\n]|\\(?:x[0-9a-fA-F]{2}|u\{[0-9a-fA-F_]+\}|.))')
    """,
    re.VERBOSE,
)

# An inline test module; `#[cfg(test)] mod name;` is a file of its own.
INLINE_TESTS = re.compile(r"^[ \t]*#\[cfg\(test\)\]\s*(?:#\[[^\n]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?mod\s+\w+\s*\{", re.M)
OUTLINE_TESTS = re.compile(r"#\[cfg\(test\)\]\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;")


def blank_out(text, keep_strings=False):
    """`text` with every comment (and literal) replaced by spaces, so that offsets and lines stay what they were."""

    def spaces(piece):
        return re.sub(r"[^\n]", " ", piece)

    out, at = [], 0
    while found := LITERAL_OR_COMMENT.search(text, at):
        out.append(text[at : found.start()])
        end = end_of_block_comment(text, found.start()) if found["block"] else found.end()
        piece = text[found.start() : end]
        is_comment = found["block"] or found["line"]
        out.append(piece if keep_strings and not is_comment else spaces(piece))
        at = end
    out.append(text[at:])
    return "".join(out)


def end_of_block_comment(text, start):
    """Where the block comment at `start` ends; they nest."""
    depth = 0
    for mark in re.finditer(r"/\*|\*/", text[start:]):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return start + mark.end()
    return len(text)


class Source:
    """A Rust file: its path from the workspace's root, its text, and the code of it that is shipped."""

    def __init__(self, path):
        self.path = path
        self.name = str(path.relative_to(ROOT))
        self.text = path.read_text(encoding="utf-8")
        code = blank_out(self.text)
        tests = INLINE_TESTS.search(code)
        self.code = code[: tests.start()] if tests else code

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1


def sources(folder):
    """The files under `folder` that are part of the product: not those a `#[cfg(test)] mod name;` declares."""
    files = [Source(path) for path in sorted(folder.rglob("*.rs"))]
    only_tests = set()
    for file in files:
        beside = file.path.parent if file.path.stem in ("lib", "main", "mod") else file.path.with_suffix("")
        for name in OUTLINE_TESTS.findall(blank_out(file.text)):
            only_tests |= {beside / f"{name}.rs", beside / name / "mod.rs"}
    return [file for file in files if file.path not in only_tests]


def workspace():
    """What cargo says of this workspace's own packages."""
    said = subprocess.run(
        ["cargo", "metadata", "--format-version=1", "--no-deps"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(said.stdout)
