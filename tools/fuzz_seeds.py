#!/usr/bin/env python3
"""Fills fuzz/corpus from vectors/, so that a fuzzer starts from real messages and not from nothing.

Usage: fuzz_seeds.py TARGET. A target without a row in SEEDS starts from nothing.
"""

import sys

from rust_source import ROOT


def values(path):
    """The values of a file of vectors, as bytes by name; vectors/README.md describes the format."""
    found, name = {}, None
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.partition("#")[0]
        if not line.startswith(" ") and "=" in line:
            name, _, line = line.partition("=")
            name = name.strip()
            found[name] = b""
        if line.strip():
            found[name] += bytes.fromhex(line)
    return found


def is_handshake_message(value):
    return len(value) >= 4 and int.from_bytes(value[1:4], "big") == len(value) - 4


SEEDS = {"trace": is_handshake_message, "wire_message": is_handshake_message}


def main():
    target = sys.argv[1]
    corpus = ROOT / "fuzz" / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    wanted = SEEDS.get(target, lambda _: False)
    for path in sorted((ROOT / "vectors").rglob("*.txt")):
        for name, value in values(path).items():
            if wanted(value):
                (corpus / f"{path.stem}.{name}").write_bytes(value)
    print(f"{target}: {len(list(corpus.iterdir()))} inputs to start from")


if __name__ == "__main__":
    main()
