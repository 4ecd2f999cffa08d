#!/usr/bin/env python3
"""How many instructions the engine needs, without cryptography, counted by callgrind.

    tools/instructions.py            compares with docs/instructions.txt; exit code 1 if it needs more than it may
    tools/instructions.py --write    writes that page anew

What a piece of work costs is the difference between doing it twice as often and once as often, so what comes before does
not count. The compiler and the C library have their part in it, hence a tolerance; a change of the engine that needs more
than that is a change to look at.
"""

import os
import platform
import re
import subprocess
import sys
import tempfile

from rust_source import ROOT

PAGE = ROOT / "docs" / "instructions.txt"
PROGRAM = ROOT / "target" / "release" / "examples" / "workload"
# How much more may be needed before it counts as a step back.
TOLERANCE = 0.05
# The C library copies memory in the way of the processor it finds: one instruction a byte, or one for thirty-two of them.
# Without these it finds the same everywhere.
PLAIN = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX2,-AVX,-AVX_Fast_Unaligned_Load,-ERMS,-FSRM,-Prefer_ERMS,-Prefer_FSRM"}
TIMES = {"handshake": 20, "record": 200}


def count(name, times):
    with tempfile.NamedTemporaryFile() as out:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", PROGRAM, name, str(times)]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **PLAIN})
    if done.returncode != 0:
        sys.exit(f"instructions: {done.stderr}")
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def measured():
    subprocess.run(["cargo", "build", "--quiet", "--release", "-p", "handfast-testkit", "--example", "workload"], cwd=ROOT, check=True)
    names = subprocess.run([PROGRAM], capture_output=True, text=True, check=True).stdout.split()
    for name in names:
        times = TIMES[name.partition("-")[0]]
        yield name, (count(name, 2 * times) - count(name, times)) // times


def known():
    lines = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.exists() else []
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return {name: int(instructions.replace(",", "")) for name, instructions in rows}


def main():
    found, before, worse = dict(measured()), known(), []
    for name, instructions in found.items():
        change = instructions / before[name] - 1 if name in before else None
        print(f"{name:24}{instructions:>12,}" + ("  new" if change is None else f"  {change:+.1%}"))
        if change is None or change > TOLERANCE:
            worse.append(name)
    if "--write" in sys.argv:
        rows = "".join(f"{name:24}{instructions:>12,}\n" for name, instructions in found.items())
        rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()
        PAGE.write_text(
            "# Instructions of the engine without cryptography, both sides: tools/instructions.py --write\n"
            f"# {rustc}, glibc {platform.libc_ver()[1]}\n\n{rows}"
        )
    elif worse or (worse := [name for name in before if name not in found]):
        sys.exit(f"instructions: more than {TOLERANCE:.0%} more, unknown or gone: {', '.join(worse)}")


if __name__ == "__main__":
    main()
